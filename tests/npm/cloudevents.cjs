// Reads MQTT messages as a JSON array from stdin; says as JSON what the CloudEvents SDK makes of each, or why it is none.
const { readFileSync } = require("node:fs");
const { CloudEvent, MQTT } = require("cloudevents");

function judge({ contentType, properties, payload }) {
  const message = { PUBLISH: { "Content Type": contentType }, headers: properties, body: payload };
  message["User Properties"] = properties;
  try {
    const event = MQTT.toEvent(message, true);
    const { data, ...attributes } = new CloudEvent({ ...event, datacontenttype: contentType }, true);
    return { attributes, data };
  } catch (error) {
    return { error: `${error.message} ${JSON.stringify(error.errors ?? "")}` };
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(judge)));
