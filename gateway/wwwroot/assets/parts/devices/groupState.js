// What is known about a group, and what this browser can do in it.
import { dropKey, keepKey, readKey } from "../../keys/keyStore.js";
import { unwrapGroupKey } from "../../keys/groupKey.js";

export class GroupState {
  #groupKey = null;

  constructor(api, user, leaving) {
    this.api = api;
    this.user = user;
    this.leaving = leaving;
    this.keyName = `device/${user.id}/${api.id}`;
  }

  /** Reads everything anew. */
  async load() {
    const { api, leaving } = this;
    const [devices, presence, requests, version, status, members, mine] = await Promise.all([
      api.devices(leaving), api.presence(leaving), api.keyRequests(leaving), api.keyVersion(leaving), api.keyStatus(leaving),
      api.members(leaving), readKey(this.keyName),
    ]);
    Object.assign(this, { devices, presence, requests, version, members, mine: mine ?? null, keyReady: status.keyReady });
    this.isAdmin = members.some((member) => member.identity === this.user.id
      && member.groupRoles?.some((role) => role.group === api.name && role.role === "group-admin"));
    this.isMember = members.some((member) => member.identity === this.user.id);
    this.device = devices.find((device) => device.deviceId === this.mine?.deviceId) ?? null;
    await this.#openGroupKey();
  }

  /** @returns {{ key: CryptoKey, version: number } | null} the group's key, if this browser has it */
  get groupKey() {
    return this.#groupKey;
  }

  get canGrant() {
    return this.device?.status === "active" && this.#groupKey !== null;
  }

  /** The device that the event stream speaks for. */
  streamDevice() {
    return this.device && this.device.status !== "revoked" ? this.device.deviceId : null;
  }

  nameOf(deviceId) {
    return this.devices.find((device) => device.deviceId === deviceId)?.deviceName ?? deviceId;
  }

  ownerOf(identity) {
    const member = this.members.find((candidate) => candidate.identity === identity);
    return identity === this.user.id ? null : [member?.firstName, member?.lastName].filter(Boolean).join(" ") || member?.email || identity;
  }

  /** This browser's own open request for the key. */
  get ownRequest() {
    return this.requests.find((request) => request.requestingDeviceId === this.device?.deviceId) ?? null;
  }

  async keep(mine) {
    await keepKey(this.keyName, mine);
    this.mine = mine;
  }

  async forget() {
    await dropKey(this.keyName);
    this.mine = null;
    this.#groupKey = null;
  }

  // What each part of the page depends on.
  browserFacts() {
    return [this.mine?.deviceId, this.device?.status, this.ownRequest?.requestId, this.#groupKey?.version, this.version.keyVersion, this.keyReady];
  }

  requestFacts() {
    return [this.requests.map((request) => request.requestId), this.canGrant];
  }

  deviceFacts() {
    return [this.presence, this.devices.map((device) => [device.deviceId, device.status, device.keyVersion]), this.isAdmin, this.canGrant, this.version.keyVersion, this.mine?.deviceId];
  }

  memberFacts() {
    return [this.members, this.isAdmin];
  }

  async #openGroupKey() {
    if (this.device?.status !== "active") {
      this.#groupKey = null;
      return;
    }

    if (this.#groupKey?.version === this.version.keyVersion) {
      return;
    }

    this.#groupKey = null;
    try {
      const { encryptedGroupKey, senderPublicKey, keyVersion } = await this.api.deviceKey(this.device.deviceId, this.leaving);
      const key = await unwrapGroupKey(encryptedGroupKey, this.mine.privateKey, senderPublicKey);
      this.#groupKey = { key, version: keyVersion };
    } catch (error) {
      // Left out of the last rotation, or wrapped for another key: this browser has to ask for it.
      if (error.code !== "KEY_NOT_AVAILABLE" && error.name !== "OperationError") {
        throw error;
      }
    }
  }
}
