"""The login page's words, in English and Chinese, and which of the two a reader gets."""

from __future__ import annotations

import os

ENGLISH = {
    "lang": "en",
    "title": "JupyterLab",
    "label": "Token or password",
    "button": "Log in",
    "wrong": "That is not the token of this server. It may have changed since you were here last.",
    "where": "Where is the token?",
    "log": "In the container's log, on its first start:",
    "command": "Or ask the container; NAME is its name, as docker ps shows it:",
    "file": "If you chose it yourself, it is what JUPYTER_TOKEN or its file says.",
    "changed": "Has it changed?",
    "changed_text": "A new container makes a new token, unless you set JUPYTER_TOKEN. "
    "Log in with the"
    " new one; pages that are still open can then be saved, without being loaded again.",
}
CHINESE = {
    "lang": "zh-CN",
    "title": "JupyterLab",
    "label": "令牌（token）或密码",
    "button": "登录",
    "wrong": "这不是本服务器的令牌。上次访问之后，令牌可能已经更换。",
    "where": "令牌在哪里？",
    "log": "在容器首次启动时的日志里：",
    "command": "或者直接询问容器（NAME 是 docker ps 显示的容器名）：",
    "file": "如果是您自己设定的，就是 JUPYTER_TOKEN 或其文件的内容。",
    "changed": "令牌变了？",
    "changed_text": "新容器会生成新令牌，除非设定了 JUPYTER_TOKEN。请用新令牌登录；"
    "之后，仍然打开着的页面无需重新加载即可保存。",
}


def choose_text(accept_language: str) -> dict[str, str]:
    """Return the words in the language that the browser prefers, else in that of LANG."""
    choices = []
    for position, choice in enumerate(accept_language.lower().split(",")):
        tag, _, weight = choice.partition(";q=")
        try:
            choices.append((-float(weight or 1), position, tag.strip()[:2]))
        except ValueError:
            continue
    spoken = [language for _, _, language in sorted(choices)]
    spoken.append(os.environ.get("LANG", "")[:2])
    known = {"en": ENGLISH, "zh": CHINESE}
    return next((known[language] for language in spoken if language in known), ENGLISH)
