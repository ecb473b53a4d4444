#lang racket/base
;; Runs a cell: form after form, each value shown. Answers no request.

(require racket/list "errors.rkt" "namespace.rkt" "ports.rkt" "show.rkt" "signatures.rkt" "wire.rkt")
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
           (cond
             [(language-line code) => use-language!]
             [else
              (define forms (read-cell code source))
              (note-signatures! forms code)
              (define last-form (and (pair? forms) (last forms)))
              (for ([form forms])
                (set! running form)
                (run-form form (eq? form last-form)))]))))
      #f))
  (flush-cell-output)
  problem)

(define (call-as-a-cell thunk)
  (parameterize ([current-namespace (cell-namespace)]
                 [current-output-port cell-output]
                 [current-error-port cell-error]
                 [current-input-port (make-cell-input)]
                 [compile-context-preservation-enabled #t]
                 [current-print (lambda (value) (unless (void? value) (show value #f)))]
                 [exit-handler unwrapped-exit])
    (thunk)))

(define (language-line code)
  (define found (regexp-match #px"^\\s*#lang\\s+iracket/lang\\b([^\n]*)" code))
  (and found
       (let ([port (open-input-string (cadr found))])
         (for/list ([datum (in-port read port)]) datum))))

(define (run-form form last?)
  (call-with-continuation-prompt
   (lambda ()
     (call-with-values
      (lambda () (if (module-form? form) (run-module form) (run-expression form)))
      (lambda results
        (define shown (filter (lambda (value) (not (void? value))) results))
        (for ([value shown] [left (in-range (length shown) 0 -1)])
          (show value (and last? (= left 1)))))))
   (default-continuation-prompt-tag)
   (lambda (abort . _)
     (if (procedure? abort) (abort) (void)))))

(define (run-expression form)
  ((current-eval) (namespace-syntax-introduce form)))

(define (module-form? form)
  (define content (syntax-e form))
  (and (pair? content) (memq (syntax-e* (car content)) '(module module*)) #t))
(define (syntax-e* part) (if (syntax? part) (syntax-e part) part))

;; A module (a cell with #lang, mostly) is declared, run, and what it defines can be used: what it
;; provides by requiring it, the values that it keeps to itself by their names.
(define (run-module form)
  (define name (own-name form))
  (parameterize ([current-module-declare-name (make-resolved-module-path name)]
                 [compile-enforce-module-constants #f]) ; so that it can be declared anew
    (run-expression form))
  (define path `(quote ,name))
  (namespace-require path)
  (define inside (module->namespace path))
  (for* ([phase (module->indirect-exports path)]
         #:when (eqv? (car phase) 0)
         [symbol (cdr phase)])
    (define value
      (with-handlers ([exn:fail? (lambda (_) inside)])
        (namespace-variable-value symbol #t #f inside)))
    (unless (eq? value inside) (namespace-set-variable-value! symbol value #t))))

;; The reader gives every #lang cell the same name.
(define (own-name form)
  (define name (syntax-e* (cadr (syntax->list form))))
  (if (eq? name 'anonymous-module) (syntax-source form) name))

(define (show value result?)
  (flush-cell-output)
  (define data (value->bundle value))
  (if result?
      (emit 'result 'data data 'metadata (hasheq))
      (emit 'display 'data data 'metadata (hasheq))))
