package io.runnel.servlet;

class UndertowTest extends ContainerContract {
  @Override
  Container container() {
    return new UndertowContainer();
  }
}
