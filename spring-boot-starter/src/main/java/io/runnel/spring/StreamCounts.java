package io.runnel.spring;

/** What the streams of an application count, whichever web stack it has. */
interface StreamCounts {
  /** Streams that are open now. */
  int open();

  /** Streams that were sent away, because there were too many. */
  long refused();

  /** Streams that were cut because their client did not take what was sent. */
  long slow();

  /** Streams that ended with their login session, or because rights changed. */
  long loggedOut();

  /** Those of an application that answers with none. */
  StreamCounts NONE =
      new StreamCounts() {
        @Override
        public int open() {
          return 0;
        }

        @Override
        public long refused() {
          return 0;
        }

        @Override
        public long slow() {
          return 0;
        }

        @Override
        public long loggedOut() {
          return 0;
        }
      };
}
