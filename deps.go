//go:build tools

package tools

import (
	_ "github.com/cespare/xxhash/v2"
	_ "github.com/fxamacker/cbor/v2"
	_ "github.com/go-logr/logr"
	_ "github.com/gosimple/slug"
	_ "github.com/jackc/pgx/v5"
	_ "github.com/klauspost/compress/zstd"
	_ "github.com/nats-io/nats-server/v2/server"
	_ "github.com/nats-io/nats.go"
	_ "github.com/pressly/goose/v3"
	_ "github.com/prometheus/client_golang/prometheus"
	_ "github.com/shopspring/decimal"
	_ "github.com/spf13/cobra"
	_ "github.com/valyala/fasthttp"
	_ "modernc.org/sqlite"
	_ "sigs.k8s.io/controller-runtime"
	_ "github.com/mileusna/useragent"
	_ "github.com/oschwald/maxminddb-golang"
	_ "go.uber.org/goleak"
	_ "github.com/anishathalye/porcupine"
	_ "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	_ "sigs.k8s.io/controller-runtime/pkg/envtest"
)
