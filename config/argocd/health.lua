-- Health of Waypost's resources for Argo CD. The conditions are kstatus-exact; this
-- is kstatus's order, with Argo CD's words: the verdict on another generation says
-- nothing, Stalled is failed, Reconciling is in progress, else Ready decides.
local health = {status = "Progressing", message = "Waiting for the operator"}

local function verdict()
  local generation = obj.metadata.generation
  if obj.metadata.deletionTimestamp ~= nil then
    return "Progressing", "Being deleted"
  end
  if obj.status == nil or obj.status.conditions == nil then
    return health.status, health.message
  end
  if generation ~= nil and obj.status.observedGeneration ~= generation then
    return "Progressing", "Generation " .. generation .. " has not been judged yet"
  end
  local is = {}
  for _, condition in ipairs(obj.status.conditions) do
    is[condition.type] = condition
  end
  if is.Stalled ~= nil and is.Stalled.status == "True" then
    return "Degraded", is.Stalled.message
  end
  if is.Reconciling ~= nil and is.Reconciling.status == "True" then
    return "Progressing", is.Reconciling.message
  end
  if is.Ready == nil then
    return health.status, health.message
  end
  if is.Ready.status ~= "True" then
    return "Progressing", is.Ready.message
  end
  if is.Ready.reason == "Paused" then
    return "Suspended", is.Ready.message
  end
  return "Healthy", is.Ready.message
end

health.status, health.message = verdict()
return health
