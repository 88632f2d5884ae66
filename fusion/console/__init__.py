"""The operators' console: its pages' server. The contract with the pages is docs/console.md.

| module | job |
|---|---|
| `columns`, `sky`, `alert_log`, `feed` | what the console knows: the picture as rows of integers, alerts in order, who is told |
| `permissions`, `guard`, `throttle` | who may what; who asks; how often one may guess |
| `routes`, `openapi`, `problems` | every route in one table; its description; every way to say no |
| `reading`, `ordering`, `accounting`, … | what each route does |
| `stream` | the WebSocket |
| `application`, `serving` | all of it as one ASGI application; that in the service's loop |
"""
