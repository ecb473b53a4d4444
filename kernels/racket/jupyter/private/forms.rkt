#lang racket/base
;; Runs one form of a cell as Racket's own console would, and a #lang cell as DrRacket would.
;; Shows nothing.

(require "namespace.rkt" (for-syntax racket/base))
(provide run-one)

;; Shape: whatever the form's values are.
(define (run-one form)
  (cond
    [(lang-module? form) (run-lang-module form)]
    [(module? form) (evaluate (namespace-syntax-introduce form))]
    [else (run-expression form)]))

(define (module? form) (memq (head form) '(module module*)))

;; The reader gives every #lang cell the same name.
(define (lang-module? form)
  (and (module? form) (eq? (syntax-e (cadr (syntax->list form))) 'anonymous-module)))

(define (head form)
  (define parts (syntax-e form))
  (and (pair? parts) (syntax? (car parts)) (syntax-e (car parts))))

(define (evaluate form) ((current-eval) form))

;; --- a form of the console

;; Typed Racket and others check a form in their #%top-interaction.
(define (run-expression form)
  (define whole
    (if (imported? (namespace-symbol->identifier '#%top-interaction))
        (datum->syntax #f (cons '#%top-interaction form) form)
        form))
  (forget-import! form whole)
  (evaluate (namespace-syntax-introduce whole)))

(define (imported? name) (list? (identifier-binding name)))

;; A function that calls itself means itself, where the language has one of that name, too. What is
;; wrong with it is said before anything changes.
;; Source: "The Top Level (REPL) Is Hopeless" in iracket's documentation
(define (forget-import! form whole)
  (define function (defined-function form))
  (define name (and function (namespace-symbol->identifier function)))
  (when (and name (imported? name))
    (compile (namespace-syntax-introduce whole))
    (eval-syntax #`(define-syntaxes (#,name) (values)))))

;; The name in (define (name argument ...) ...) or (define name (lambda ...)), or #f.
(define (defined-function form)
  (define datum (syntax->datum form))
  (and (list? datum)
       (> (length datum) 2)
       (eq? (car datum) 'define)
       (let ([function? (and (pair? (caddr datum))
                             (memq (car (caddr datum)) '(lambda λ case-lambda)))])
         (let innermost ([what (cadr datum)] [function? function?])
           (cond
             [(pair? what) (innermost (car what) #t)]
             [else (and function? (symbol? what) what)])))))

;; --- a #lang cell

;; The module is declared and run, with its submodules main and test. All that it defines can be
;; used afterwards: what it provides by requiring it, the rest by name.
(define (run-lang-module form)
  (define name (syntax-source form))
  (parameterize ([current-module-declare-name (make-resolved-module-path name)])
    (evaluate (namespace-syntax-introduce form)))
  (define path `(quote ,name))
  (namespace-require path)
  (import-definitions! path)
  (for ([part '(main test)])
    (define submodule `(submod ,path ,part))
    (when (module-declared? submodule) (dynamic-require submodule #f))))

(define (import-definitions! path)
  (define inside (module->namespace path))
  (define self (module-path-index-resolve (module-path-index-join path #f)))
  (for ([symbol (namespace-mapped-symbols inside)])
    (define name
      (parameterize ([current-namespace inside]) (namespace-symbol->identifier symbol)))
    (define binding (identifier-binding name))
    (when (and (list? binding) (eq? (module-path-index-resolve (car binding)) self))
      (import-definition! symbol name inside))))

;; A variable becomes one of the cells. A macro or a structure stays the module's.
(define (import-definition! symbol name inside)
  (define value
    (with-handlers ([exn:fail? (lambda (_) inside)])
      (namespace-variable-value symbol #t #f inside)))
  (cond
    [(not (eq? value inside)) (namespace-set-variable-value! symbol value #t)]
    [else
     (define here (namespace-symbol->identifier symbol))
     (eval-syntax
      #`(define-syntaxes (#,here) (make-rename-transformer (quote-syntax #,name))))]))
