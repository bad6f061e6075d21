// Groups, their members, devices and keys: the operations of contract device-registry that these pages use.
import { call } from "./http.js";

const base = "/authlance/identity/api/v1";

/** One group, as somebody in it meets it. */
export class GroupApi {
  /** @param {{ id: number, name: string }} group */
  constructor({ id, name }) {
    this.id = id;
    this.name = name;
    this.realm = `${base}/realm/groups/${id}`;
    this.admin = `${base}/realm/admin/groups/${id}`;
    this.named = `${base}/realm/group/${name}`;
    this.namedAdmin = `${base}/realm/admin/group/${name}`;
  }

  static async find(name, signal) {
    return new GroupApi(await call("GET", `${base}/realm/group/${encodeURIComponent(name)}`, { signal }));
  }

  /** For administrators of the platform. */
  static async create(name) {
    return new GroupApi(await call("PUT", `${base}/admin/group`, { body: { id: -1, name } }));
  }

  members = (signal) => call("GET", `${this.named}/members`, { signal });
  rolesOf = (identity, signal) => call("GET", `${this.named}/role/${encodeURIComponent(identity)}`, { signal });
  addMember = (member) => call("POST", `${this.namedAdmin}/members`, { body: { ...member, group: this.name } });
  removeMember = (identity) => call("DELETE", `${this.namedAdmin}/members`, { body: { identity, group: this.name } });
  setRoles = (identity, roles) => call("POST", `${this.namedAdmin}/role`, { body: { identity, group: this.name, roles } });

  devices = (signal) => call("GET", `${this.realm}/devices`, { signal });
  presence = (signal) => call("GET", `${this.realm}/devices/presence`, { signal });
  register = (device) => call("POST", `${this.realm}/devices`, { body: device });
  activate = (deviceId, wrapped) => call("POST", `${this.realm}/devices/${deviceId}/activate`, { body: wrapped });
  deviceKey = (deviceId, signal) => call("GET", `${this.realm}/devices/${deviceId}/key`, { signal });
  eventsPath = (deviceId) => `${this.realm}/devices/events${deviceId ? `?deviceId=${deviceId}` : ""}`;

  keyRequests = (signal) => call("GET", `${this.realm}/devices/key-requests`, { signal });
  requestKey = (requestingDeviceId) => call("POST", `${this.realm}/devices/key-requests`, { body: { requestingDeviceId } });
  grant = (requestId, body) => call("POST", `${this.realm}/devices/key-requests/${requestId}/grant`, { body });
  reject = (requestId) => call("POST", `${this.realm}/devices/key-requests/${requestId}/reject`);

  keyStatus = (signal) => call("GET", `${this.realm}/secrets/key-status`, { signal });
  keyVersion = (signal) => call("GET", `${this.realm}/keys/version`, { signal });
  secrets = () => call("GET", `${this.realm}/secrets`);

  rotate = (body) => call("POST", `${this.admin}/keys/rotate`, { body });
  revoke = (deviceId, body) => call("POST", `${this.admin}/devices/${deviceId}/revoke`, { body });
  remove = (deviceId) => call("DELETE", `${this.admin}/devices/${deviceId}`);
}
