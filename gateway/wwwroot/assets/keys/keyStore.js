// Private keys of this browser. They are CryptoKey objects that no script can export, this one included: IndexedDB keeps them
// as they are. What somebody could do who gets script into this page is use them while the page is open, not carry them away.

const databaseName = "platform-keys";
const storeName = "keys";

/** @returns {Promise<object | undefined>} what was kept under `name` */
export function readKey(name) {
  return inStore("readonly", (store) => store.get(name));
}

export function keepKey(name, value) {
  return inStore("readwrite", (store) => store.put(value, name));
}

export function dropKey(name) {
  return inStore("readwrite", (store) => store.delete(name));
}

async function inStore(mode, operate) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(storeName, mode);
      const request = operate(transaction.objectStore(storeName));
      // Not before the transaction is complete is anything kept.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(storeName);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
