package live

import "sync"

// inbox is what waits for a process's goroutine. It has no bound of its own: a
// connection has two requests in it at most, a timer one firing, a disk one
// commit, and connections are bounded where they are accepted.
type inbox struct {
	mu     sync.Mutex
	some   sync.Cond
	items  []func()
	closed bool
}

func newInbox() *inbox {
	b := &inbox{}
	b.some.L = &b.mu
	return b
}

// post adds something to do; false says that the process is gone.
func (b *inbox) post(do func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.items = append(b.items, do)
	if len(b.items) == 1 {
		b.some.Signal()
	}
	return true
}

// take waits for something to do and gives all there is; nil says that the inbox
// was closed. into is used again.
func (b *inbox) take(into []func()) []func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.items) == 0 && !b.closed {
		b.some.Wait()
	}
	if b.closed {
		return nil
	}
	taken := b.items
	clear(into)
	b.items = into[:0]
	return taken
}

// close drops what waits and refuses the rest.
func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.items = nil
	b.some.Signal()
}
