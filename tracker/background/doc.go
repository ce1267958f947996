// Package background is for work that visitors must not wait for, on a core that they
// may share with it: reading manifests, making the next snapshot, writing its copy.
package background
