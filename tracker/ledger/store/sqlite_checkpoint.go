package store

import (
	"context"
	"fmt"
	"time"
)

// Checkpoints move what was committed from the log to the file. They are made beside
// the fold, on a connection of their own: SQLite would make one within every commit of
// a thousand pages, which is every group under load, and each caller would wait.
const (
	// checkpointPause lets pages that every group changes gather in the log.
	checkpointPause = time.Second
	// finishFrames is the length of the log, in pages, from which the fold is held up
	// for the rest of a checkpoint, so that the log begins again. 32 MiB.
	finishFrames = 4096
	// selfCheckpoint is when the fold makes one itself, if the others fail. 256 MiB.
	selfCheckpoint = "wal_autocheckpoint(32768)"
)

// keepCheckpointing makes a checkpoint some time after a commit.
func (e *sqlite) keepCheckpointing() {
	defer close(e.done)
	for {
		select {
		case <-e.committed:
		case <-e.stop:
			return
		}
		pause := time.NewTimer(checkpointPause)
		select {
		case <-pause.C:
		case <-e.stop:
			pause.Stop()
			return
		}
		// One that fails is made by the fold, which reports what is wrong.
		_ = e.checkpoint(context.Background())
	}
}

// checkpoint copies the log to the file while others write. When the log has become
// long, it copies the rest while no writer works: the next commit then begins it again.
func (e *sqlite) checkpoint(ctx context.Context) error {
	frames, err := e.copyLog(ctx)
	if err != nil || frames < finishFrames {
		return err
	}
	select {
	case w := <-e.turn:
		defer func() { e.turn <- w }()
	case <-e.stop:
		return nil
	}
	_, err = e.copyLog(ctx)
	return err
}

// copyLog copies what it can without waiting, and returns how long the log is.
func (e *sqlite) copyLog(ctx context.Context) (frames int64, err error) {
	var busy, copied int64
	if err := e.read.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &copied); err != nil {
		return 0, fmt.Errorf("copy the log to the ledger database: %w", err)
	}
	return frames, nil
}
