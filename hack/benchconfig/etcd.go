package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/kinds"
)

// restore puts objects into etcd, as a restored backup would: through the API
// server a hundred thousand of them take a quarter of an hour on two cores, and
// how fast it takes them is not what is measured. etcd's own JSON gateway does
// without another client library.
//
// Objects go in transactions of at most 100 and 512 KiB, below etcd's limits of 128
// operations and 1.5 MiB. Nothing validates them or fills in defaults; the objects of
// objects.go are valid as they are.
func (c *cluster) restore(ctx context.Context, objects []client.Object) error {
	const perTransaction, maxBytes = 100, 512 << 10
	batch, size := transaction{}, 0
	flush := func() error {
		if len(batch.Success) == 0 {
			return nil
		}
		err := c.commit(ctx, batch)
		batch, size = transaction{}, 0
		return err
	}
	for _, object := range objects {
		key, value, err := stored(object)
		if err != nil {
			return err
		}
		if len(batch.Success) == perTransaction || size+len(value) > maxBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		var o operation
		o.Put.Key, o.Put.Value = base64.StdEncoding.EncodeToString([]byte(key)), base64.StdEncoding.EncodeToString(value)
		batch.Success, size = append(batch.Success, o), size+len(value)
	}
	return flush()
}

// transaction is a request of etcd's JSON gateway.
type transaction struct {
	Success []operation `json:"success"`
}

// operation puts one key. Both texts are base64, as etcd's gateway has bytes.
type operation struct {
	Put struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	} `json:"requestPut"`
}

// stored returns where and how the API server keeps an object: custom resources are JSON
// under /registry/GROUP/PLURAL/NAMESPACE/NAME, with the metadata that it would have set.
func stored(object client.Object) (key string, value []byte, err error) {
	kind := kinds.Of(object)
	object.GetObjectKind().SetGroupVersionKind(kind.GVK())
	object.SetUID(types.UID(uuid.NewString()))
	object.SetGeneration(1)
	object.SetCreationTimestamp(metav1.NewTime(time.Now().Truncate(time.Second)))
	key = fmt.Sprintf("/registry/%s/%s/%s/%s", v1alpha1.GroupName, kind.Plural, object.GetNamespace(), object.GetName())
	value, err = json.Marshal(object)
	return key, value, err
}

// commit sends one transaction, whose operations are all done or none.
func (c *cluster) commit(ctx context.Context, t transaction) error {
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	url := c.environment.ControlPlane.Etcd.URL.String() + "/v3/kv/txn"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("write to etcd: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("write to etcd: %s: %.300s", response.Status, answer)
	}
	return nil
}

// takenUp waits until the API server has read what was put into etcd behind its
// back, which takes it longer than writing it took: an operator that starts finds
// an API server that runs. Its cache answers no read that asks for a later
// revision than it has.
func (c *cluster) takenUp(ctx context.Context, p place) error {
	start := time.Now()
	for _, list := range []client.ObjectList{&v1alpha1.PartnerList{}, &v1alpha1.PartnerPayoutList{}, &v1alpha1.OfferList{}} {
		if err := c.List(ctx, list, client.InNamespace(p.Network), client.Limit(1)); err != nil {
			return fmt.Errorf("read what was restored: %w", err)
		}
		fromCache := &client.ListOptions{
			Namespace: p.Network, FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, "none"),
			Raw: &metav1.ListOptions{ResourceVersion: list.GetResourceVersion(), ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan},
		}
		for {
			err := c.List(ctx, list, fromCache)
			if err == nil {
				break
			}
			if ctx.Err() != nil || !apierrors.IsTimeout(err) && !apierrors.IsTooManyRequests(err) {
				return fmt.Errorf("wait for the API server: %w", err)
			}
			pause(ctx, 100*time.Millisecond)
		}
	}
	say("taken up by the API server after %v", time.Since(start).Round(time.Millisecond))
	return nil
}
