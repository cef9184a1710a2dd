/**
 * Resets a connection, as a wire that is cut does. One that is just being ended is only destroyed: Node (20) spins for ever when it is to end itself
 * and such a one has been reset.
 */
export function reset(socket) {
  if (socket?.writableEnded) socket.destroy();
  else socket?.resetAndDestroy();
}
