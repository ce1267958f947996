package admin

import (
	"encoding/json"
	"net/http"
)

// Problem is an error answer in the form of RFC 9457, with Waypost's reason code.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Reason is the reason code, such as bad_request or forbidden.
	Reason string `json:"reason"`
}

// WriteProblem answers with an RFC 9457 document. detail is what to do about it.
func WriteProblem(w http.ResponseWriter, status int, reason, detail string) {
	data, err := json.Marshal(Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Reason: reason,
	})
	if err != nil { // strings always marshal
		http.Error(w, reason, status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // the caller is gone; nothing is left to do
}
