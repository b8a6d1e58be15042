// Level 7: the rule as a text, the same file in the simulation and in a real training.
import { useRef, useState } from "preact/hooks";
import { playWords } from "./words";

export function Editor({ program, start, run, busy, hash, locked }: { program: string; start: string; run: (program: string) => void; busy: boolean; hash: string; locked: boolean }) {
  const t = playWords();
  const [text, type] = useState(program);
  const area = useRef<HTMLTextAreaElement>(null);
  // Tab indents; Escape first, and Tab leaves the editor, as keyboards expect.
  const leaving = useRef(false);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") { leaving.current = true; return; }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(text); return; }
    if (event.key !== "Tab" || event.shiftKey || leaving.current) { leaving.current = false; return; }
    event.preventDefault();
    const element = area.current;
    if (!element) return;
    element.setRangeText("    ", element.selectionStart, element.selectionEnd, "end");
    type(element.value);
  };
  return (
    <div class="editor">
      <textarea ref={area} class="code" aria-label={t.runRule} spellcheck={false} autocomplete="off" rows={Math.min(30, Math.max(14, text.split("\n").length + 1))} disabled={locked} value={text}
        onInput={(event) => type(event.currentTarget.value)} onKeyDown={onKeyDown} />
      <div class="controls">
        <button type="button" class="button primary" data-run disabled={locked || busy} onClick={() => run(text)}>{t.runRule}</button>
        <button type="button" class="button" disabled={locked} onClick={() => type(start)}>{t.reset}</button>
        {hash && <span class="hash">{t.fingerprint} <code>{hash.slice(0, 16)}</code></span>}
      </div>
    </div>
  );
}

// What a search wrote: to be read, and taken over by whoever wants to go on from there.
export function Found({ program, hash, take }: { program: string; hash: string; take: (program: string) => void }) {
  const t = playWords();
  return (
    <div class="editor">
      <pre class="code" tabIndex={0} data-found>{program}</pre>
      <div class="controls">
        <button type="button" class="button" data-take onClick={() => take(program)}>{t.takeOver}</button>
        {hash && <span class="hash">{t.fingerprint} <code>{hash.slice(0, 16)}</code></span>}
      </div>
    </div>
  );
}
