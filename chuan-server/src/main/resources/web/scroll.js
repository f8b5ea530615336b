// The chat follows new text only while its reader is at the end. Any movement upwards lets go, going
// back to the end (within 8 pixels) holds on again.
const NEAR = 8;

export class Follower {
  #element = null;
  #last = 0;
  #height = 0;
  #own = false;
  #observer;
  following = true;

  constructor(onChange) {
    this.onChange = onChange;
    this.#observer = new ResizeObserver(() => this.#grown());
  }

  attach(element, content) {
    if (this.#element === element) return;
    this.#element?.removeEventListener("scroll", this.#scrolled);
    this.#observer.disconnect();
    this.#element = element;
    if (!element) return;
    element.addEventListener("scroll", this.#scrolled, { passive: true });
    element.addEventListener("wheel", e => { if (e.deltaY < 0) this.#set(false); }, { passive: true });
    this.#observer.observe(content);
    this.#observer.observe(element);
    this.toEnd();
  }

  #distance() {
    const e = this.#element;
    return e.scrollHeight - e.clientHeight - e.scrollTop;
  }

  #scrolled = () => {
    const { scrollTop, scrollHeight } = this.#element;
    const shrunk = scrollHeight < this.#height;
    if (this.#own) this.#own = false; // the reader did nothing
    else if (scrollTop < this.#last && !shrunk) this.#set(false);
    else if (scrollTop >= this.#last) this.#set(true);
    this.#last = scrollTop;
    this.#height = scrollHeight;
  };

  #grown() {
    if (!this.#element) return;
    if (this.following) this.#move();
    this.#height = this.#element.scrollHeight;
  }

  #move() {
    if (this.#distance() < 1) return;
    this.#own = true;
    this.#element.scrollTop = this.#element.scrollHeight;
  }

  #set(value) {
    if (value && this.#distance() > NEAR) return;
    if (!value && this.#element.scrollHeight <= this.#element.clientHeight) return;
    if (this.following === value) return;
    this.following = value;
    this.onChange();
  }

  toEnd() {
    if (!this.#element) return;
    this.following = true;
    this.#move();
    this.onChange();
  }
}
