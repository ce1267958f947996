package storetest

// Server is a PostgreSQL server for a program that is no test: the benchmarks. The
// zero value is ready; it starts with the first database.
type Server struct{ postgres postgresServer }

// Database makes an empty database and returns its URL for store.Open.
func (s *Server) Database() (string, error) { return s.postgres.database() }

// Restart ends the server as a crash would (an immediate shutdown: open
// transactions are gone, the next start recovers from the log) and starts it again.
func (s *Server) Restart() error { return s.postgres.restart() }

// Stop ends the server, if it runs, and removes its files.
func (s *Server) Stop() { s.postgres.stop() }
