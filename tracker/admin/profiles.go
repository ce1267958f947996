package admin

import (
	"net/http"
	"net/http/pprof"
)

// ProfilesPath is the path of Profiles.
const ProfilesPath = "/debug/pprof/"

// Profiles serves the profiles of this process for go tool pprof, to callers with the
// right to get networks/profiles in all networks. The command line is left out: URLs
// in flags may hold passwords.
func Profiles(a Authorizer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+ProfilesPath, pprof.Index)
	mux.HandleFunc("GET "+ProfilesPath+"profile", pprof.Profile)
	mux.HandleFunc("GET "+ProfilesPath+"trace", pprof.Trace)
	return Authenticated(a, mux)
}
