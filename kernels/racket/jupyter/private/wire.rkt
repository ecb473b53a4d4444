#lang racket/base
;; The two pipes to the front: JSON lines on descriptors 3 and 4. Knows nothing of Racket's values.
;; Source: kernels/front/README.md

(require ffi/unsafe ffi/unsafe/port json)
(provide send-message read-request emit)

(define F_SETFD 2)
(define FD_CLOEXEC 1)
(define fcntl (get-ffi-obj "fcntl" #f (_fun #:varargs-after 2 _int _int _int -> _int)))

;; Child processes must not get them: their end is the engine's end.
(for ([fd '(3 4)]) (fcntl fd F_SETFD FD_CLOEXEC))
(define requests (unsafe-file-descriptor->port 3 'requests '(read)))
(define messages (unsafe-file-descriptor->port 4 'messages '(write)))
(define lock (make-semaphore 1))

;; Sends one message; neither a break nor another thread cuts it in two.
(define (send-message message)
  (define line (jsexpr->bytes message))
  (parameterize-break #f
    (call-with-semaphore lock
      (lambda ()
        (write-bytes line messages)
        (newline messages)
        (flush-output messages)))))

;; (emit 'display 'data (hasheq ...)) sends a message of that type.
(define (emit type . fields)
  (send-message (hash-set (apply hasheq fields) 'type (symbol->string type))))

;; The next request, or eof.
(define (read-request)
  (define line (read-bytes-line requests))
  (if (eof-object? line) line (bytes->jsexpr line)))
