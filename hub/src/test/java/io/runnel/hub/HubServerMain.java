package io.runnel.hub;

import io.runnel.engine.Hub;
import java.util.List;

/** smoke */
final class HubServerMain {
  public static void main(String[] args) throws Exception {
    HubServer server =
        HubServer.start(
            HubConfig.DEFAULT.with(ConfigKey.PORT, Integer.parseInt(args[0])),
            Hub.inMemory(),
            List.of());
    System.out.println(server.port());
    Thread.sleep(1000000);
  }
}
