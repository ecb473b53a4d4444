#lang racket/base
;; The engine: reads requests in one thread, runs cells in another, and takes interrupts in the
;; main one, where the system's SIGINT arrives as a break.

(require "complete.rkt" "inspect.rkt" "ports.rkt" "session.rkt" "words.rkt" "wire.rkt")

(define requests (make-channel))
(define running #f) ; the number of the execute request
(define runner #f)

(define (done id fields) (send-message (hash-set* fields 'type "done" 'id id)))

(define (answer request)
  (define id (hash-ref request 'id))
  (define code (hash-ref request 'code ""))
  (case (hash-ref request 'type)
    [("execute")
     (set! running id)
     (define problem (run-cell code (hash-ref request 'count)))
     (set! running #f)
     (done id (if problem (hasheq 'error problem) (hasheq)))]
    [("complete") (done id (complete code (hash-ref request 'cursor)))]
    [("inspect") (done id (inspect code (hash-ref request 'cursor)))]
    [("is_complete") (done id (is-complete code))]))

(define (start-runner)
  (set! runner (thread (lambda () (let loop () (answer (channel-get requests)) (loop)))))
  (define mine runner)
  (void (thread (lambda () (thread-wait mine) (on-runner-end)))))

;; A cell may end its own thread: the cell is lost, the session is not.
(define (on-runner-end)
  (define id running)
  (set! running #f)
  (start-runner)
  (when id
    (flush-cell-output)
    (define text "the cell has ended its own thread")
    (done id (hasheq 'error (hasheq 'ename "thread" 'evalue text 'traceback (list text))))))

(define (read-requests)
  (define request (read-request))
  (cond
    [(or (eof-object? request) (equal? (hash-ref request 'type) "shutdown")) (exit 0)]
    [(equal? (hash-ref request 'type) "input_reply") (answer-input request)]
    [(equal? (hash-ref request 'type) "synced") (void)]
    [else (channel-put requests request)])
  (read-requests))

(define (take-interrupts)
  (with-handlers ([exn:break? (lambda (_) (when running (break-thread runner)))])
    (sync/enable-break never-evt))
  (take-interrupts))

(parameterize-break #f
  (start-runner)
  (thread read-requests)
  (emit 'ready
        'banner (format "Racket ~a" (version))
        'language_info
        (hasheq 'name "racket" 'version (version) 'mimetype "text/x-racket"
                'file_extension ".rkt" 'pygments_lexer "racket" 'codemirror_mode "scheme"))
  (take-interrupts))
