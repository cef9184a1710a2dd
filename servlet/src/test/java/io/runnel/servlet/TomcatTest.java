package io.runnel.servlet;

class TomcatTest extends ContainerContract {
  @Override
  Container container() {
    return new TomcatContainer();
  }
}
