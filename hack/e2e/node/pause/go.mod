module github.com/waypost/waypost/hack/e2e/node/pause

go 1.26.0
