// Package params reads the parameters of tracker URLs. A table maps the names of a
// dialect to parameters, and one scanner reads query, form and JSON bodies with it,
// bounded and without allocating on the click path.
//
// Keys of postbacks are collected apart and are never among the raw parameters
// that the server journals. The server decides what the parameters mean.
package params
