package io.runnel.servlet;

class JettyTest extends ContainerContract {
  @Override
  Container container() {
    return new JettyContainer();
  }
}
