package controllers

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/waypost/waypost/controllers/publish"
)

// watchShards puts shards that disappear into the inbox, so that they are written
// again before a tracker misses them. It watches their metadata only: the contents
// are as large as the configuration. stop ends it.
func watchShards(mgr manager.Manager, o Options, box *inbox) (stop func(), err error) {
	client, err := metadata.NewForConfigAndClient(metadata.ConfigFor(mgr.GetConfig()), mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("make a client for metadata: %w", err)
	}
	factory := metadatainformer.NewFilteredSharedInformerFactory(client, 0, o.SnapshotsNamespace, func(list *metav1.ListOptions) {
		list.LabelSelector = publish.ShardSelector
	})
	informer := factory.ForResource(corev1.SchemeGroupVersion.WithResource("configmaps")).Informer()
	if err := informer.SetTransform(strip); err != nil {
		return nil, fmt.Errorf("watch shards: %w", err)
	}
	if _, err := informer.AddEventHandler(box.shardHandler()); err != nil {
		return nil, fmt.Errorf("watch shards: %w", err)
	}
	ended := make(chan struct{})
	factory.Start(ended)
	return func() { close(ended); factory.Shutdown() }, nil
}
