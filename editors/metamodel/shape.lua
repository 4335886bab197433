-- Whether a value has the shape that the metamodel gives it. Strict: a property that the protocol does not name is wrong,
-- although the protocol lets it pass, because that is how a misspelt one looks.
-- Returns a function: path of metaModel.json -> { requests, notifications (by method), check(type, value) -> complaints }.
local EMPTY_OBJECT = getmetatable(vim.empty_dict())

local function is_object(value)
  return type(value) == 'table' and (getmetatable(value) == EMPTY_OBJECT or type(next(value)) == 'string')
end
local function is_array(value) return type(value) == 'table' and not is_object(value) end
local function is_whole(value, least)
  return type(value) == 'number' and value % 1 == 0 and value >= least and value <= 2 ^ 31 - 1
end

local BASE = {
  string = function(value) return type(value) == 'string' end,
  integer = function(value) return is_whole(value, -2 ^ 31) end,
  uinteger = function(value) return is_whole(value, 0) end,
  decimal = function(value) return type(value) == 'number' end,
  boolean = function(value) return type(value) == 'boolean' end,
  null = function(value) return value == vim.NIL end,
}
BASE.URI, BASE.DocumentUri, BASE.RegExp = BASE.string, BASE.string, BASE.string

-- Anything at all, by name.
local ANY = { LSPAny = true, LSPObject = true, LSPArray = true }

local function by(key, list)
  local found = {}
  for _, entry in ipairs(list) do found[entry[key]] = entry end
  return found
end

return function(path)
  local model = vim.json.decode(table.concat(vim.fn.readfile(path), '\n'))
  local structures, enumerations = by('name', model.structures), by('name', model.enumerations)
  local aliases = by('name', model.typeAliases)
  local check

  local all = {}
  -- A structure's properties by name, with those of what it extends and mixes in.
  local function properties(structure)
    if all[structure.name] then return all[structure.name] end
    local found = {}
    for _, list in ipairs({ structure.extends or {}, structure.mixins or {} }) do
      for _, other in ipairs(list) do found = vim.tbl_extend('force', found, properties(structures[other.name])) end
    end
    all[structure.name] = vim.tbl_extend('force', found, by('name', structure.properties))
    return all[structure.name]
  end

  local function check_object(wanted, value, where, complain)
    if not is_object(value) then return complain(where, 'is not an object') end
    for name, property in pairs(wanted) do
      if value[name] ~= nil then
        check(property.type, value[name], where .. '.' .. name, complain)
      elseif not property.optional then
        complain(where .. '.' .. name, 'is missing')
      end
    end
    for name in pairs(value) do
      if not wanted[name] then complain(where .. '.' .. name, 'is not in the protocol') end
    end
  end

  local function check_reference(name, value, where, complain)
    if ANY[name] then return end
    if structures[name] then return check_object(properties(structures[name]), value, where, complain) end
    if aliases[name] then return check(aliases[name].type, value, where, complain) end
    local enumeration = assert(enumerations[name], name)
    check(enumeration.type, value, where, complain)
    local known = vim.iter(enumeration.values):any(function(entry) return entry.value == value end)
    if not known and not enumeration.supportsCustomValues then complain(where, 'is no ' .. name) end
  end

  -- Of the alternatives that all fail, the complaints of the one that got furthest say most.
  local function check_either(types, value, where, complain)
    local best, depth
    for _, one in ipairs(types) do
      local complaints, deepest = {}, 0
      check(one, value, where, function(at, what)
        complaints[#complaints + 1] = { at, what }
        deepest = math.max(deepest, select(2, at:gsub('[.%[]', '')))
      end)
      if #complaints == 0 then return end
      if not best or deepest > depth or deepest == depth and #complaints < #best then best, depth = complaints, deepest end
    end
    for _, complaint in ipairs(best) do complain(complaint[1], complaint[2]) end
  end

  local kinds = {
    base = function(wanted, value, where, complain)
      if not BASE[wanted.name](value) then complain(where, 'is no ' .. wanted.name) end
    end,
    reference = function(wanted, value, where, complain) check_reference(wanted.name, value, where, complain) end,
    array = function(wanted, value, where, complain)
      if not is_array(value) then return complain(where, 'is not an array') end
      for at, element in ipairs(value) do check(wanted.element, element, ('%s[%d]'):format(where, at - 1), complain) end
    end,
    map = function(wanted, value, where, complain)
      if not is_object(value) then return complain(where, 'is not an object') end
      for name, element in pairs(value) do check(wanted.value, element, where .. '.' .. name, complain) end
    end,
    tuple = function(wanted, value, where, complain)
      if not is_array(value) or #value ~= #wanted.items then return complain(where, 'is not a tuple') end
      for at, item in ipairs(wanted.items) do check(item, value[at], ('%s[%d]'):format(where, at - 1), complain) end
    end,
    literal = function(wanted, value, where, complain) check_object(by('name', wanted.value.properties), value, where, complain) end,
    stringLiteral = function(wanted, value, where, complain)
      if value ~= wanted.value then complain(where, 'is not ' .. wanted.value) end
    end,
  }
  kinds['or'] = function(wanted, value, where, complain) check_either(wanted.items, value, where, complain) end

  function check(wanted, value, where, complain)
    local kind = assert(kinds[wanted.kind], wanted.kind)
    return kind(wanted, value, where, complain)
  end

  return { requests = by('method', model.requests), notifications = by('method', model.notifications), check = check }
end
