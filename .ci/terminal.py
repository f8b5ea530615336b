"""Drives ./chuan chat in a pseudo-terminal and looks at the screen that a terminal would show."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback

import pexpect
import pyte

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CHUAN = os.path.join(ROOT, "chuan")
QUESTION = "你好，请介绍一下你自己"
NO_START = "，。、；：！？）》」』"
NO_END = "（《「『"
PATIENCE = 120


def environment(home, **more):
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    return env | {"TERM": "xterm-256color", "CHUAN_HOME": home} | more


class Chat:
    """A chat in a terminal of its own; `raw` is everything that came out of it."""

    def __init__(self, home, columns=80, rows=40, arguments=(), temperature="0", **env):
        self.screen = pyte.HistoryScreen(columns, rows, history=5000)
        self.stream = pyte.Stream(self.screen)
        self.raw = ""
        self.child = pexpect.spawn(
            CHUAN, ["chat", "--temperature", temperature, *arguments], env=environment(home, **env),
            dimensions=(rows, columns), encoding="utf-8", codec_errors="replace", timeout=PATIENCE)

    def read(self):
        try:
            text = self.child.read_nonblocking(65536, timeout=0.1)
        except pexpect.TIMEOUT:
            return
        self.raw += text
        self.stream.feed(text)

    def until(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"never: {what}\n" + "\n".join(self.rows())
            try:
                self.read()
            except pexpect.EOF:
                assert condition(), f"ended before: {what}\n" + "\n".join(self.rows())
        return self

    def shows(self, pattern):
        return self.until(lambda: re.search(pattern, "\n".join(self.rows())), pattern)

    def answered(self, times=1):
        """The line of figures that follows an answer may be broken anywhere by a narrow terminal."""
        count = lambda: len(re.findall(r"(stop|cut:|stopped)[^)]*\)", self.plain()))
        return self.until(lambda: count() >= times, f"{times} answers")

    def plain(self):
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]", "", self.raw)

    def send(self, keys):
        self.child.send(keys)
        return self

    def rows(self):
        old = ["".join(row[x].data for x in range(self.screen.columns)) for row in self.screen.history.top]
        return [row.rstrip() for row in [*old, *self.screen.display]]

    def end(self, code=0):
        self.send("\x04")
        self.child.expect(pexpect.EOF)
        self.child.close()
        assert self.child.exitstatus == code, f"exit code {self.child.exitstatus}, not {code}"


def piped(home, *arguments, text="", **env):
    run = subprocess.run([CHUAN, "chat", "--temperature", "0", *arguments], input=text, capture_output=True,
                         encoding="utf-8", env=environment(home, **env), timeout=PATIENCE)
    assert run.returncode == 0, run.stderr
    return run.stdout


def squeezed(text):
    return re.sub(r"\s", "", text)


def answers_have_the_text_of_a_pipe_at_every_width(home):
    expected = squeezed(piped(home, QUESTION))
    assert len(expected) > 10
    for columns in (20, 80, 200):
        chat = Chat(home, columns=columns).shows(r"(?m)^>$").send(QUESTION + "\r").answered()
        rows = chat.rows()
        assert expected in squeezed("".join(rows)), (columns, rows)
        answer = chat.plain().split(QUESTION)[-1].splitlines()[1:]
        for line in answer[:-2]:
            line = line.strip()
            assert not line[:1] or line[0] not in NO_START, line
            assert not line[-1:] or line[-1] not in NO_END, line
        chat.end()


def backspace_takes_a_whole_character(home):
    chat = Chat(home, columns=20).shows(r"(?m)^>$").send("你好吗").shows("> 你 ?好 ?吗")
    chat.send("\x7f").until(lambda: "吗" not in "".join(chat.screen.display), "one character less")
    chat.shows("> 你 ?好")
    chat.send("\x03").end()


def pasted_lines_wait_for_enter(home):
    chat = Chat(home, rows=80).shows(r"(?m)^>$")
    lines = "\r".join(f"line {i} 行" for i in range(50))
    chat.send(f"\x1b[200~{lines}\x1b[201~").shows("line 49 行")
    chat.send("!").shows("line 49 行 ?!")
    assert "tokens," not in chat.plain()
    chat.send("\r").answered().end()


def control_c_stops_an_answer_and_the_chat_goes_on(home):
    chat = Chat(home, temperature="1.5", arguments=("--max-tokens", "3000", "--seed", "1")).shows(r"(?m)^>$")
    for _ in range(5):  # a small model may end an answer before the key arrives
        before = len(chat.plain())
        chat.send("Tell me a very long story.\r").until(lambda: len(chat.plain()) > before + 60, "a beginning")
        chat.send("\x03").until(lambda: re.search("stopped|Ctrl-C again", chat.plain()[before:]), "an end")
        if "stopped" in chat.plain():
            break
    assert "stopped" in chat.plain()
    chat.send("/stats\r").shows(r"prompt \d+ tokens \(").end()


def a_resized_terminal_is_no_reason_to_stop(home):
    chat = Chat(home, columns=100, arguments=("--max-tokens", "300")).shows(r"(?m)^>$").send(QUESTION + "\r")
    chat.child.setwinsize(40, 30)
    chat.screen.resize(40, 30)
    chat.answered().send("/help\r").shows("/bye").end()


def history_comes_back_with_its_lines(home):
    first = Chat(home).shows(r"(?m)^>$")
    first.send("one\ntwo 二\r").answered().end()
    again = Chat(home).shows(r"(?m)^>$").send("\x1bOA").shows("one").shows("two 二")
    again.send("\x03").end()
    mode = os.stat(os.path.join(home, "chat-history")).st_mode & 0o777
    assert mode == 0o600, oct(mode)


def dialogues_are_kept(home):
    chat = Chat(home).shows(r"(?m)^>$").send(QUESTION + "\r").answered()
    chat.send("/save mine\r").shows("saved to")
    chat.send("/reset\r").shows("forgotten").send("/load mine\r").shows("2 messages").end()
    with open(os.path.join(home, "chats", "mine.json"), encoding="utf-8") as file:
        saved = json.load(file)
    assert saved["format"] == "chuan-chat" and saved["version"] == 1
    assert [m["role"] for m in saved["conversations"][0]["messages"]] == ["user", "assistant"]


def a_slip_gets_a_suggestion(home):
    Chat(home).shows(r"(?m)^>$").send("/hlep\r").shows("did you mean /help\\?").end()


def control_c_twice_leaves(home):
    chat = Chat(home).shows(r"(?m)^>$").send("\x03").shows("again").send("\x03")
    chat.child.expect(pexpect.EOF)
    chat.child.close()
    assert chat.child.exitstatus == 130, chat.child.exitstatus


def colours_are_for_those_who_want_them(home):
    styled = re.compile(r"\x1b\[[12]m")
    assert styled.search(Chat(home).shows(r"(?m)^>$").send(QUESTION + "\r").answered().raw)
    assert not styled.search(Chat(home, NO_COLOR="1").shows(r"(?m)^>$").send(QUESTION + "\r").answered().raw)
    assert "\x1b" not in piped(home, QUESTION)


def a_dumb_terminal_gets_plain_lines(home):
    chat = Chat(home, TERM="dumb")
    chat.until(lambda: chat.raw.endswith("> "), "a prompt")
    chat.send("你好\n").until(lambda: chat.raw.count("> ") == 2, "an answer and a prompt")
    assert "\x1b" not in chat.raw, repr(chat.raw)
    assert "WARN" not in chat.raw
    chat.end()


def text_on_stdin_joins_the_question(home):
    alone = json.loads(piped(home, "--json", "What is this?"))
    joined = json.loads(piped(home, "--json", "What is this?", text="a mountain\n"))
    assert joined["prompt_tokens"] > alone["prompt_tokens"]
    assert alone["finish_reason"] in ("stop", "length")


TESTS = [
    answers_have_the_text_of_a_pipe_at_every_width,
    backspace_takes_a_whole_character,
    pasted_lines_wait_for_enter,
    control_c_stops_an_answer_and_the_chat_goes_on,
    a_resized_terminal_is_no_reason_to_stop,
    history_comes_back_with_its_lines,
    dialogues_are_kept,
    a_slip_gets_a_suggestion,
    control_c_twice_leaves,
    colours_are_for_those_who_want_them,
    a_dumb_terminal_gets_plain_lines,
    text_on_stdin_joins_the_question,
]


def main():
    failed = 0
    # builds, if need be, and records what makes further starts quick
    subprocess.run([CHUAN, "chat", "--max-tokens", "1", "hi"], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    for test in TESTS:
        if len(sys.argv) > 1 and test.__name__ not in sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory() as home:
            start = time.monotonic()
            try:
                test(home)
                print(f"ok      {test.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED  {test.__name__}", flush=True)
                traceback.print_exc()
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
