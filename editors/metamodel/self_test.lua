-- Breaks a good recording in many ways; the check must find each, and nothing in the good one: nvim -l self_test.lua
local here = vim.uv.fs_realpath(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)))
local check = dofile(here .. '/check.lua')

local GOOD = [[
{"from":"editor","at":1,"message":{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":7,"rootUri":null,"capabilities":{"general":{"positionEncodings":["utf-8","utf-16"]},"workspace":{"diagnostic":{"refreshSupport":true}},"textDocument":{"inlineCompletion":{"dynamicRegistration":false}}}}}}
{"from":"server","at":2,"message":{"jsonrpc":"2.0","id":1,"result":{"capabilities":{"positionEncoding":"utf-8","inlineCompletionProvider":true,"textDocumentSync":{"openClose":true,"change":2},"executeCommandProvider":{"commands":["treefill.status"]}},"serverInfo":{"name":"treefill","version":"0.1.0"}}}}
{"from":"editor","at":3,"message":{"jsonrpc":"2.0","method":"initialized","params":{}}}
{"from":"editor","at":4,"message":{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a.py","languageId":"python","version":0,"text":"x = "}}}}
{"from":"editor","at":5,"message":{"jsonrpc":"2.0","id":2,"method":"textDocument/inlineCompletion","params":{"textDocument":{"uri":"file:///a.py"},"position":{"line":0,"character":4},"context":{"triggerKind":2}}}}
{"from":"server","at":6,"message":{"jsonrpc":"2.0","id":2,"result":{"items":[{"insertText":"1","range":{"start":{"line":0,"character":4},"end":{"line":0,"character":4}},"command":{"title":"taken","command":"treefill.accepted","arguments":[{"id":1}]}}]}}}
{"from":"editor","at":7,"message":{"jsonrpc":"2.0","id":3,"method":"textDocument/inlineCompletion","params":{"textDocument":{"uri":"file:///a.py"},"position":{"line":0,"character":4},"context":{"triggerKind":1}}}}
{"from":"editor","at":8,"message":{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":3}}}
{"from":"server","at":9,"message":{"jsonrpc":"2.0","id":3,"error":{"code":-32800,"message":"cancelled"}}}
{"from":"server","at":10,"message":{"jsonrpc":"2.0","id":1,"method":"window/workDoneProgress/create","params":{"token":"load"}}}
{"from":"editor","at":11,"message":{"jsonrpc":"2.0","id":1,"result":null}}
{"from":"server","at":12,"message":{"jsonrpc":"2.0","method":"$/progress","params":{"token":"load","value":{"kind":"begin","title":"model","percentage":3}}}}
{"from":"editor","at":13,"message":{"jsonrpc":"2.0","id":4,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"file:///a.py"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[]}}}}
{"from":"server","at":14,"message":{"jsonrpc":"2.0","id":4,"result":[{"title":"Insert","kind":"quickfix","edit":{"changes":{"file:///a.py":[{"range":{"start":{"line":0,"character":4},"end":{"line":0,"character":4}},"newText":")"}]}}}]}}
{"from":"editor","at":15,"message":{"jsonrpc":"2.0","id":5,"method":"shutdown"}}
{"from":"server","at":16,"message":{"jsonrpc":"2.0","id":5,"result":null}}
{"from":"editor","at":17,"message":{"jsonrpc":"2.0","method":"exit"}}
{"exit":0,"signal":0,"at":18}
]]

-- What is broken, by replacing a text that stands in the recording, and a part of what the check must say.
local BROKEN = {
  { '"kind":"begin","title":"model"', '"kind":"begin"', 'title is missing' },
  { '"percentage":3', '"percentage":-3', 'percentage is no uinteger' },
  { '"kind":"begin"', '"kind":"start"', 'value.kind is unknown' },
  { '"insertText":"1"', '"insertTxt":"1"', 'insertTxt is not in the protocol' },
  { '"insertText":"1"', '"insertText":1', 'insertText is no' },
  { '"command":"treefill.accepted",', '', 'command.command is missing' },
  { '"arguments":[{"id":1}]', '"arguments":{"id":1}', 'arguments is not an array' },
  { '"change":2', '"change":7', 'change is no TextDocumentSyncKind' },
  { '"positionEncoding":"utf-8"', '"positionEncoding":8', 'positionEncoding is no string' },
  { '"commands":["treefill.status"]', '"commands":"treefill.status"', 'commands is not an array' },
  { '"inlineCompletionProvider":true', '"inlineCompletionProvider":3', 'inlineCompletionProvider' },
  { '"inlineCompletionProvider":true', '"inlineCompletionsProvider":true', 'inlineCompletionsProvider is not in the protocol' },
  { '"diagnostic":{', '"diagnostik":{', 'workspace.diagnostik is not in the protocol' },
  { '"context":{"triggerKind":2}', '"context":{"triggerKind":0}', 'triggerKind is no InlineCompletionTriggerKind' },
  { '"position":{"line":0,"character":4},"context":{"triggerKind":2}', '"context":{"triggerKind":2}', 'position is missing' },
  { '"character":4}},"command"', '"character":4.5}},"command"', 'character is no uinteger' },
  { '"newText":")"', '"newtext":")"', 'newText is missing' },
  { '"kind":"quickfix"', '"kind":3', 'kind is no string' },
  { '"title":"Insert",', '', 'title is missing' },
  { '"method":"exit"', '"method":"$/treefill/exit"', '$/treefill/exit is not in the protocol' },
  { '"method":"exit"', '"method":"exit","params":[1]', 'exit takes no parameters' },
  { '{"from":"editor","at":3', '{"from":"server","at":3', 'initialized goes the wrong way' },
  { '"id":5,"result":null', '"id":5', 'neither result nor error' },
  { '"id":5,"result":null', '"id":6,"result":null', 'which nobody asked' },
  { '"id":5,"result":null', '"id":5,"result":null,"error":{"code":1,"message":"x"}', 'a result and an error' },
  { '"id":5,"result":null', '"id":5,"result":{}', 'shutdown.result is no null' },
  { '"code":-32800,"message":"cancelled"', '"code":-32603,"message":"broken"', 'failed' },
  { '"code":-32800,"message":"cancelled"', '"code":"-32800","message":"cancelled"', 'is no error' },
  { '"code":-32800,"message":"cancelled"', '"code":-32800,"message":"cancelled","why":1', 'error.why is not in the protocol' },
  { '"params":{"id":3}', '"params":{"id":2}', 'nobody cancelled it' },
  { '"jsonrpc":"2.0","id":4,"result"', '"id":4,"result"', 'jsonrpc is not 2.0' },
  { '"id":4,"result"', '"id":4,"extra":1,"result"', 'the message.extra is not in the protocol' },
  { '{"exit":0', '{"exit":1', 'ended with code 1' },
  { '{"exit":0,"signal":0,"at":18}\n', '', 'did not end' },
}
-- Whole lines that are left out: the answer to each request.
for _, at in ipairs({ 2, 6, 9, 11, 14, 16 }) do
  local line = GOOD:match('{"from":"%a+","at":' .. at .. ',[^\n]*\n')
  BROKEN[#BROKEN + 1] = { line, '', 'no answer' }
end

local path = vim.fn.tempname()
local function complaints(text)
  vim.fn.writefile(vim.split(text, '\n', { trimempty = true }), path)
  return table.concat((check(path)), '\n')
end

local missed = {}
if complaints(GOOD) ~= '' then missed[1] = 'the good one: ' .. complaints(GOOD) end
for _, case in ipairs(BROKEN) do
  local first, last = GOOD:find(case[1], 1, true)
  assert(first, 'not in the recording: ' .. case[1])
  local told = complaints(GOOD:sub(1, first - 1) .. case[2] .. GOOD:sub(last + 1))
  if not told:find(case[3], 1, true) then
    missed[#missed + 1] = ('%s -> %s: expected %q, got %q'):format(case[1], case[2], case[3], told)
  end
end
vim.fn.delete(path)
for _, one in ipairs(missed) do io.stdout:write('FAIL traffic check, ', one, '\n') end
if #missed == 0 then io.stdout:write(('ok   traffic check: finds each of %d broken recordings\n'):format(#BROKEN)) end
os.exit(#missed == 0 and 0 or 1)
