/** The embedded durable history, in one SQLite database. */
module io.runnel.history.sqlite {
  requires static org.jspecify;
  requires transitive io.runnel.engine;
  requires java.sql;
  requires org.xerial.sqlitejdbc;

  exports io.runnel.history.sqlite;

  provides io.runnel.engine.HistoryProvider with
      io.runnel.history.sqlite.SqliteHistoryProvider;
}
