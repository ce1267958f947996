package controllers

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/waypost/waypost/controllers/publish"
)

// again is how long an operator that lost its lease waits before it stands for
// election once more.
const again = time.Second

// Run runs the operator until the context ends. When it loses its lease, finds that
// another operator has published, or cannot reach the API server, it drops all of its
// state and begins anew. Any other error is final.
func Run(ctx context.Context, config *rest.Config, o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return fmt.Errorf("operator: %w", err)
	}
	config = withoutLimit(config)
	for {
		err := runOnce(ctx, config, o)
		if err == nil || ctx.Err() != nil {
			return nil //nolint:nilerr // the end of the context is no failure, whatever it interrupts
		}
		if !deposed(err) && !away(err) {
			return fmt.Errorf("operator: %w", err)
		}
		o.Log.Error(err, "the operator cannot go on, beginning anew")
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(again):
		}
	}
}

// withoutLimit leaves limits to the API server, by its Priority and Fairness:
// client-go's own default of five requests a second is far less than an edit needs to
// arrive at once.
func withoutLimit(config *rest.Config) *rest.Config {
	config = rest.AddUserAgent(rest.CopyConfig(config), eventSource)
	if config.QPS == 0 && config.RateLimiter == nil {
		config.QPS = -1
	}
	return config
}

// deposed reports whether an operator ended because it may no longer be the only one:
// its lease is lost, or a manifest of a higher revision is stored.
func deposed(err error) bool {
	// controller-runtime has no value for this error.
	return errors.Is(err, publish.ErrSuperseded) || strings.Contains(err.Error(), "leader election lost")
}

// away reports whether the API server could not be reached.
func away(err error) bool {
	var request *url.Error
	return errors.As(err, &request)
}
