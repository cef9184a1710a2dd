/** Whether this is the classic script; in the module what is only for old browsers is left out. */
declare const LEGACY: boolean;

/**
 * What has come and is not yet told: each is told in a task of its own, as the standard has it, so that what a handler
 * has promised is kept before the next one runs. A browser too old for promises is told at once.
 */
export interface TaskQueue {
  add(task: () => void): void;
  clear(): void;
  close(): void;
}

export function newTaskQueue(): TaskQueue {
  let tasks: (() => void)[] = [];
  let told = 0;
  let channel: MessageChannel | undefined;

  function clear(): void {
    tasks = [];
    told = 0;
  }

  function next(): void {
    const task = tasks[told++];
    // What is on its way through the channel may have been cleared meanwhile.
    if (!task) return clear();
    if (told === tasks.length) clear();
    task();
  }

  return {
    add(task) {
      if (LEGACY && typeof MessageChannel !== 'function') return task();
      if (!channel) {
        channel = new MessageChannel();
        channel.port1.onmessage = next;
      }
      tasks.push(task);
      // All at once: where a message goes by way of another process, as in WebKit, one that waited for the other would take its time.
      channel.port2.postMessage(0);
    },

    clear,

    close() {
      clear();
      channel?.port1.close();
      channel = undefined;
    },
  };
}
