package io.runnel.hub;

/** Whether the server takes requests, and if not, why. */
enum ServerState {
  /** What is kept is being read; nothing is listened to yet. */
  STARTING,
  /** It answers. */
  READY,
  /** It lets its connections go, and takes no new ones. */
  DRAINING
}
