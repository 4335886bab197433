-- Makes metaModel.json from the official one: without prose, one definition a line.
-- nvim -l trim.lua OFFICIAL >metaModel.json
local model = vim.json.decode(table.concat(vim.fn.readfile(arg[1]), '\n'))
-- What the check does not read. (A registration's options are LSPAny in the protocol itself.)
local DROPPED = { 'documentation', 'since', 'sinceTags', 'proposed', 'deprecated', 'typeName', 'registrationOptions' }

local function trim(value)
  if type(value) ~= 'table' then return value end
  if not vim.islist(value) then
    for _, key in ipairs(DROPPED) do value[key] = nil end
  end
  for key, inner in pairs(value) do value[key] = trim(inner) end
  return value
end

-- Keys in order, so that two runs give the same file.
local function encode(value)
  if type(value) ~= 'table' then return vim.json.encode(value) end
  if vim.islist(value) then return '[' .. table.concat(vim.tbl_map(encode, value), ',') .. ']' end
  local keys = vim.tbl_keys(value)
  table.sort(keys)
  local parts = vim.tbl_map(function(key) return vim.json.encode(key) .. ':' .. encode(value[key]) end, keys)
  return '{' .. table.concat(parts, ',') .. '}'
end

local parts = {}
for _, name in ipairs({ 'requests', 'notifications', 'structures', 'enumerations', 'typeAliases' }) do
  local lines = vim.tbl_map(function(entry) return encode(trim(entry)) end, model[name])
  parts[#parts + 1] = ('"%s":[\n%s\n]'):format(name, table.concat(lines, ',\n'))
end
io.write('{', table.concat(parts, ',\n'), '}\n')
