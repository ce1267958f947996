// Package params reads the parameters of tracker URLs: tables say which names
// mean which parameter in which dialect, and one scanner reads query, form and
// JSON bodies with them, bounded and without allocating on the click path.
//
// Keys of postbacks are collected apart and are never among the raw parameters
// that the server journals. The server decides what the parameters mean.
package params
