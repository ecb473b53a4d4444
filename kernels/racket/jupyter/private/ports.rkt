#lang racket/base
;; The ports of a cell: what it prints goes to the front in order, what it reads comes from there.

(require "wire.rkt")
(provide cell-output cell-error make-cell-input flush-cell-output answer-input
         current-prompt current-password?)

(define pause-s 0.02)
(define full (* 8 1024))

;; One buffer for both streams, so that their order is kept.
(define lock (make-semaphore 1))
(define waiting '()) ; of (cons name bytes), last first
(define size 0)
(define something (make-semaphore 0))
(define converters
  (for/hash ([name '("stdout" "stderr")])
    (values name (bytes-open-converter "UTF-8-permissive" "UTF-8"))))
(define halves (make-hash)) ; name -> bytes of a character whose rest has not come

(define (add! name bytes)
  (define grown
    (call-with-semaphore lock
      (lambda ()
        (when (null? waiting) (semaphore-post something))
        (set! waiting (cons (cons name bytes) waiting))
        (set! size (+ size (bytes-length bytes)))
        size)))
  (when (> grown full) (flush-cell-output)))

;; Sends what has been printed before now.
(define (flush-cell-output)
  (parameterize-break #f
    (call-with-semaphore lock
      (lambda ()
        (define printed (reverse waiting))
        (set! waiting '())
        (set! size 0)
        (let loop ([rest printed])
          (unless (null? rest)
            (define name (caar rest))
            (define-values (same others)
              (let split ([same '()] [rest rest])
                (if (and (pair? rest) (equal? (caar rest) name))
                    (split (cons (cdar rest) same) (cdr rest))
                    (values (reverse same) rest))))
            (define text (decode name (apply bytes-append same)))
            (unless (equal? text "") (emit 'stream 'name name 'text text))
            (loop others)))))))

(define (decode name new)
  (define bytes (bytes-append (hash-ref halves name #"") new))
  (define-values (converted used _status) (bytes-convert (hash-ref converters name) bytes))
  (hash-set! halves name (subbytes bytes used))
  (bytes->string/utf-8 converted #\uFFFD))

(void
 (parameterize-break #f
   (thread
    (lambda ()
      (let loop ()
        (semaphore-wait something)
        (flush-cell-output)
        (sleep pause-s)
        (loop))))))

(define (output name)
  (define port
    (make-output-port
     name always-evt
     (lambda (bytes start end _non-block? _breakable?)
       (if (= start end)
           (flush-cell-output)
           (add! name (subbytes bytes start end)))
       (- end start))
     void))
  (port-count-lines! port)
  port)

(define cell-output (output "stdout"))
(define cell-error (output "stderr"))

;; --- input

(define current-prompt (make-parameter ""))
(define current-password? (make-parameter #f))
(define answers (make-channel))
(define expects? #f)

;; Gives a waiting cell its line. One that nobody waits for is dropped.
(define (answer-input reply)
  (when expects?
    (set! expects? #f)
    (void (thread (lambda () (sync/timeout 1 (channel-put-evt answers reply)))))))

;; The line that the user types, as bytes with their newline, or eof.
(define (ask)
  (flush-cell-output)
  (set! expects? #t)
  (emit 'input 'prompt (current-prompt) 'password (current-password?))
  (define reply (sync/enable-break answers)) ; a port reads with breaks disabled
  (cond
    [(hash-ref reply 'error #f)
     => (lambda (why) (raise (exn:fail (format "read: ~a" why) (current-continuation-marks))))]
    [(hash-ref reply 'eof #f) eof]
    [else (string->bytes/utf-8 (string-append (hash-ref reply 'value "") "\n"))]))

;; A new one for each cell: what one leaves of its line is not the next one's. Other threads read
;; the end of the file: `system` has one that reads ahead for its command.
(define (make-cell-input)
  (set! expects? #f)
  (define reader (current-thread))
  (define line #"")
  (make-input-port
   'stdin
   (lambda (buffer)
     (define answer
       (cond
         [(not (equal? line #"")) line]
         [(eq? (current-thread) reader) (ask)]
         [else eof]))
     (cond
       [(eof-object? answer) eof]
       [else
        (define count (min (bytes-length answer) (bytes-length buffer)))
        (bytes-copy! buffer 0 answer 0 count)
        (set! line (subbytes answer count))
        count]))
   #f
   void))
