#lang racket/base
;; Runs a cell: form after form, each value shown. Answers no request.

(require racket/list "errors.rkt" "forms.rkt" "namespace.rkt" "ports.rkt" "show.rkt"
         "signatures.rkt" "wire.rkt")
(provide run-cell read-cell)

;; All forms of a cell, or what is wrong with its text is raised: then nothing has run.
(define (read-cell code source)
  (define port (open-input-string code))
  (port-count-lines! port)
  (let loop ([forms '()])
    (define form (read-form source port))
    (if (eof-object? form) (reverse forms) (loop (cons form forms)))))

(define (source-of count) (string->symbol (format "In[~a]" count)))

;; Runs it in this thread. Shape: #f when all went well, else the content of an error.
(define (run-cell code count)
  (define source (source-of count))
  (define running #f) ; the form
  (define problem
    (with-handlers ([(lambda (_) #t) (lambda (raised) (error-content raised source running))])
      (parameterize-break #t
        (call-as-a-cell
         (lambda ()
           (define rest (take-language! code))
           (parameterize ([current-namespace (cell-namespace)])
             (define forms (read-cell rest source))
             (note-signatures! forms rest)
             (define last-form (and (pair? forms) (last forms)))
             (for ([form forms])
               (set! running form)
               (run-form form (eq? form last-form)))))))
      #f))
  (flush-cell-output)
  problem)

(define (call-as-a-cell thunk)
  (parameterize ([current-namespace (cell-namespace)]
                 [current-output-port cell-output]
                 [current-error-port cell-error]
                 [current-input-port (make-cell-input)]
                 [compile-context-preservation-enabled #t]
                 [compile-enforce-module-constants #f] ; so that a module can be declared anew
                 [exit-handler unwrapped-exit])
    (thunk)))

;; Obeys iracket's line where a cell begins with it. Shape: the rest, every line where it was.
(define (take-language! code)
  (define found (regexp-match #px"^\\s*#lang\\s+iracket/lang\\b([^\n]*)" code))
  (cond
    [found
     (define port (open-input-string (cadr found)))
     (use-language! (for/list ([datum (in-port read port)]) datum))
     (define blank (regexp-replace* #rx"[^\n]" (car found) " "))
     (string-append blank (substring code (string-length blank)))]
    [else code]))

(define (run-form form last?)
  (call-with-continuation-prompt
   (lambda ()
     (call-with-values
      (lambda () (run-one form))
      (lambda results
        (define shown (filter (lambda (value) (not (void? value))) results))
        (for ([value shown] [left (in-range (length shown) 0 -1)])
          (print-value value (and last? (= left 1)))))))
   (default-continuation-prompt-tag)
   (lambda (abort . _)
     (if (procedure? abort) (abort) (void)))))

;; As a cell has set it, from then on.
(define (print-value value result?)
  (if (eq? (current-print) show-in-between) (show value result?) ((current-print) value)))
(define (show-in-between value) (unless (void? value) (show value #f)))
(current-print show-in-between)

(define (show value result?)
  (flush-cell-output)
  (define data (value->bundle value))
  (if result?
      (emit 'result 'data data 'metadata (hasheq))
      (emit 'display 'data data 'metadata (hasheq))))

;; A picture is shown as one wherever a cell prints it, as in DrRacket.
(for ([handler (list port-display-handler port-write-handler port-print-handler)])
  (define standard (handler cell-output))
  (handler cell-output
           (lambda (value port . more)
             (if (picture? value) (show value #f) (apply standard value port more)))))
