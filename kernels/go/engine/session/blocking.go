package session

import (
	"sync"
)

// interruptible replaces what blocks in compiled code by what an interrupt ends: the interpreter
// then stops at the next instruction.
func (s *Session) interruptible() map[string]any {
	return map[string]any{
		"time.Sleep":             s.sleep,
		"(*sync.WaitGroup).Wait": func(wg *sync.WaitGroup) { s.wait(after(wg.Wait)) },
		"(*sync.Mutex).Lock":     func(m *sync.Mutex) { s.lock(m.TryLock, m.Lock, m.Unlock) },
		"(*sync.RWMutex).Lock":   func(m *sync.RWMutex) { s.lock(m.TryLock, m.Lock, m.Unlock) },
		"(*sync.RWMutex).RLock":  func(m *sync.RWMutex) { s.lock(m.TryRLock, m.RLock, m.RUnlock) },
	}
}

// after returns a channel that is closed when f has returned.
func after(f func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	return done
}

// lock gives back what it is granted after an interrupt.
func (s *Session) lock(try func() bool, lock, unlock func()) {
	if try() {
		return
	}
	granted := after(lock)
	if !s.wait(granted) {
		go func() {
			<-granted
			unlock()
		}()
	}
}
