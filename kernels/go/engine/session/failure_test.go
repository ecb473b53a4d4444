package session

import (
	"testing"
	"time"
)

func TestErrorsNameTheLine(t *testing.T) {
	run(t,
		step{"a := 1\nb := undefinedThing + a", "!In[1], line 2:6: undefined: undefinedThing"},
		step{"var s string = 5", "!In[2], line 1:16"},
		step{"x :=", "!In[3], line 1:5: expected operand, found the end of the cell"},
		step{"func f() int { return \"s\" }", "!In[4], line 1:23"},
		step{"func boom(i int) int {\n\treturn []int{1}[i]\n}", ""},
		step{"y := 2\n\nboom(y)", "!(In[5], line 2)"},
		step{"panic(\"aua\")", "!panic: aua (In[7], line 1)"},
	)
}

func TestDeepRecursionCostsTheCell(t *testing.T) {
	run(t,
		step{"x := 1\nfunc f(n int) int { return f(n+1) + 1 }\nf(0)", "!stack overflow"},
		step{"x", "1"},
	)
}

func TestExitCostsTheCell(t *testing.T) {
	run(t,
		step{"import \"os\"\nx := 1\nos.Exit(3)", "!status 3"},
		step{"os.Exit(0)\n", ""},
		step{"import \"log\"\nlog.SetOutput(io.Discard)\nlog.Fatal()", "!status 1"},
		step{"x", "1"},
	)
}

func TestAGoroutineThatPanicsCostsTheCell(t *testing.T) {
	run(t,
		step{"import \"time\"\ngo func() {\n\tpanic(\"inside\")\n}()\ntime.Sleep(time.Minute)",
			"!inside (In[1], line 3)"},
		step{"1", "1"},
	)
}

func TestGoexitRunsDeferredCalls(t *testing.T) {
	run(t,
		step{"ch := make(chan int, 1)\ngo func() {\n\tdefer func() { ch <- 7 }()\n" +
			"\truntime.Goexit()\n}()\n<-ch", "7"},
		step{"import \"sync\"\nvar once sync.Once\ngo once.Do(func() { defer close(ch); " +
			"runtime.Goexit() })\n_, open := <-ch\nopen", "false"},
	)
}

func TestInterrupt(t *testing.T) {
	const define = "import (\"time\"; \"sync\")\nvar mu sync.Mutex\nvar wg sync.WaitGroup\n" +
		"ch := make(chan int)\nx := 0"
	for _, code := range []string{
		"for { x++ }", "func f() { for { x++ } }\nf()", "time.Sleep(time.Hour)", "<-ch", "ch <- 1",
		"select {}",
		"mu.Lock(); mu.Lock()", "wg.Add(1); wg.Wait()", "for range ch {}",
		"func g() { mu.Lock(); defer mu.Unlock(); for {} }\ng()",
	} {
		s, err := New(noModules{}, nil, nil, define)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan *Failure, 1)
		go func() {
			_, failure := s.Eval(1, code)
			ended <- failure
		}()
		for {
			s.Interrupt()
			select {
			case failure := <-ended:
				if failure == nil || failure.Name != interrupted {
					t.Errorf("%s: %v", code, failure)
				}
			case <-time.After(20 * time.Millisecond):
				continue
			}
			break
		}
		if values, failure := s.Eval(2, "x >= 0"); failure != nil || values[0] != true {
			t.Errorf("after %s: %v %v", code, values, failure)
		}
	}
}

func TestDeferredCallsRunWhenInterrupted(t *testing.T) {
	s, err := New(noModules{}, nil, nil, "import \"sync\"\nvar mu sync.Mutex\nstarted := false")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan bool)
	go func() {
		_, _ = s.Eval(1, "func f() { mu.Lock(); defer mu.Unlock(); started = true; for {} }\nf()")
		ended <- true
	}()
	for running := true; running; {
		s.Interrupt()
		select {
		case <-ended:
			running = false
		case <-time.After(20 * time.Millisecond):
		}
	}
	// The goroutine that was stopped unlocks in its own time.
	for range 200 {
		if values, failure := s.Eval(2, "mu.TryLock()"); failure == nil && values[0] == true {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the mutex is still locked")
}
