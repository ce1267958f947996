package controllers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/waypost/waypost/controllers/publish"
)

// again is how long an operator that lost its lease waits before it stands for
// election once more.
const again = time.Second

// Run runs the operator until the context ends. When it loses its lease, or
// finds that another operator has published, it drops everything it knows and
// begins anew; any other error is final.
func Run(ctx context.Context, config *rest.Config, o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return fmt.Errorf("operator: %w", err)
	}
	for {
		err := runOnce(ctx, config, o)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			return nil
		case !deposed(err):
			return fmt.Errorf("operator: %w", err)
		}
		o.Log.Error(err, "another operator may be at work, beginning anew")
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(again):
		}
	}
}

// deposed reports whether an operator ended because it may no longer be the only one.
func deposed(err error) bool {
	// controller-runtime has no value for this error.
	return errors.Is(err, publish.ErrSuperseded) || strings.Contains(err.Error(), "leader election lost")
}
