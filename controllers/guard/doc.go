// Package guard holds a revision back that would remove most of a network's
// offers: a kubectl delete in the wrong context, or an emptied directory in Git.
//
// It is pure: controllers/engine tells it what is published and what would go,
// and asks whether that is held. A hold ends when somebody confirms exactly what
// would be removed, or when the offers come back.
package guard
