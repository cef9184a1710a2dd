/** Whether this is the classic script; in the module what is only for old browsers is left out. */
declare const LEGACY: boolean;

/**
 * What has come and is not yet told: each is told in a task of its own, as the standard has it, so that what a handler
 * has promised is kept before the next one runs. A browser too old for promises is told at once.
 */
export class TaskQueue {
  private tasks: (() => void)[] = [];
  private told = 0;
  private channel: MessageChannel | undefined;

  add(task: () => void): void {
    if (LEGACY && typeof MessageChannel !== 'function') return task();
    if (!this.channel) {
      this.channel = new MessageChannel();
      this.channel.port1.onmessage = () => this.next();
    }
    this.tasks.push(task);
    // All at once: where a message goes by way of another process, as in WebKit, one that waited for the other would take its time.
    this.channel.port2.postMessage(0);
  }

  private next(): void {
    const task = this.tasks[this.told++];
    // What is on its way through the channel may have been cleared meanwhile.
    if (!task) return this.clear();
    if (this.told === this.tasks.length) this.clear();
    task();
  }

  clear(): void {
    this.tasks = [];
    this.told = 0;
  }

  close(): void {
    this.clear();
    this.channel?.port1.close();
    this.channel = undefined;
  }
}
