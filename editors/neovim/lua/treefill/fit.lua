-- How a suggestion that was made for an older text fits the present one, and how it is cut into words and lines.
-- No editor here, so that `nvim -l` can test it. Columns are bytes from 0.
local M = {}

-- Closing characters, which a plugin for pairs adds right of the cursor by itself.
local CLOSERS = '^[%)%]}>"\'`]*$'

--- What is left of `insert` after the user typed a part of it.
--- @param insert string the whole suggestion
--- @param asked { line: string, from: integer, to: integer? } the line for which it was made, and which part of it is to
--- be replaced, from the cursor on; `to` is absent when the part ends in a later line
--- @param now { line: string, column: integer } the line as it is, and the cursor
--- @return { text: string, to: integer? }? # what is to be put from the cursor to `to`; nil when it does not fit any more
function M.rest(insert, asked, now)
  if now.column < asked.from or now.line:sub(1, asked.from) ~= asked.line:sub(1, asked.from) then return nil end
  local typed = now.line:sub(asked.from + 1, now.column)
  if insert:sub(1, #typed) ~= typed or #typed == #insert then return nil end
  local text = insert:sub(#typed + 1)
  if not asked.to then
    local as_it_was = now.line:sub(now.column + 1) == asked.line:sub(asked.from + 1)
    return as_it_was and { text = text } or nil
  end
  -- Right of the replaced part nothing may have changed; what stands between the cursor and there is replaced, whether
  -- it stood there before, was typed over, or is a closer that came with the typed text.
  local kept = asked.line:sub(asked.to + 1)
  local to = #now.line - #kept
  if to < now.column or now.line:sub(to + 1) ~= kept then return nil end
  local between, replaced = now.line:sub(now.column + 1, to), asked.line:sub(asked.from + 1, asked.to)
  if not vim.endswith(replaced, between) and not between:match(CLOSERS) then return nil end
  return { text = text, to = to }
end

--- The first word: white space (with line ends) and the letters, or the run of other characters, that follow.
--- @param text string
--- @return string
function M.word(text)
  -- Bytes above 127 are parts of letters, or of an emoji, which is as good as a word.
  return text:match('^%s*[%w_\128-\255]+') or text:match('^%s*[^%s%w_\128-\255]+') or text
end

--- The first line; the line end belongs to the next one, so that the cursor stays at the end of what was taken.
--- @param text string
--- @return string
function M.line(text)
  return text:match('^\n?[^\n]*')
end

--- What is to be shown at the cursor: `text` without the end that stands there already.
--- @param text string
--- @param between string the text that it replaces
--- @return string
function M.shown(text, between)
  if between ~= '' and not text:find('\n', 1, true) and vim.endswith(text, between) then
    return text:sub(1, #text - #between)
  end
  return text
end

return M
