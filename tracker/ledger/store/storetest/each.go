package storetest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Require is the environment variable that, set to 1, makes a missing PostgreSQL a
// failure instead of a skipped half.
const Require = "WAYPOST_REQUIRE_POSTGRES"

// server is the PostgreSQL of this test binary.
var server postgresServer

// Main runs the tests and stops what they started. Its result is for os.Exit.
func Main(m *testing.M) int {
	defer server.stop()
	return m.Run()
}

// Each runs f once for each kind of database, with a fresh one each time. target
// is what store.Open takes; it can be opened several times.
func Each(t *testing.T, f func(t *testing.T, target string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// SQLite is a fresh database in a temporary file.
func SQLite(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "ledger.db")
}

// Postgres is a fresh database on this test binary's server. Where no PostgreSQL
// is installed the test is skipped, or fails if Require is set. With -short it is
// left out.
func Postgres(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs PostgreSQL, which -short leaves out")
	}
	url, err := server.database()
	if err == nil {
		return url
	}
	message := fmt.Sprintf("THE POSTGRESQL HALF OF THIS TEST DID NOT RUN: %v", err)
	if os.Getenv(Require) == "1" {
		t.Fatal(message)
	}
	fmt.Fprintln(os.Stderr, message)
	t.Skip(message)
	return ""
}
