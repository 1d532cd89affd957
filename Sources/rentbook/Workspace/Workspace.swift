import Background
import Domain
import Providers
import Storage
import Sync
import Vault

/// What a command or the screen works with: the configuration, the store and the way to the services,
/// put together once and taken apart in order.
final class Workspace: Sendable {
  let configuration: Configuration
  let store: Store
  let cancellation: Cancellation
  let clock: any Clock
  let network: Network

  /// Opens the store, making it when there is none.
  ///
  /// - Throws: a failure that says what is wrong with the configuration, the key or the store.
  convenience init(
    _ invocation: Invocation, cancellation: Cancellation = Cancellation()
  ) throws(Failure) {
    try self.init(configuration: Configuration(invocation), cancellation: cancellation)
  }
  private let airtableProvider: Lock<(credentials: JSONValue?, provider: AirtableProvider)?> =
    Lock(nil)

  init(
    configuration: Configuration, cancellation: Cancellation = Cancellation(),
    clock: any Clock = SystemClock(), opening: @Sendable (StoreOpening) -> Void = { _ in }
  ) throws(Failure) {
    (self.configuration, self.cancellation, self.clock) = (configuration, cancellation, clock)
    let box = try Self.box(configuration)
    do throws(StorageError) {
      store = try Store(
        path: configuration.storePath, sealing: SealedText(box),
        now: { Instant(milliseconds: clock.wallMilliseconds) }, opening: opening)
    } catch { throw Failure(error) }
    network = Network(configuration: configuration, store: store, clock: clock)
  }

  private static func box(_ configuration: Configuration) throws(Failure) -> SecretBox {
    do throws(VaultError) {
      return SecretBox(
        key: try SecretKeyFile(path: configuration.keyPath).loadOrCreate(
          apartFrom: Files.parent(of: configuration.storePath)))
    } catch {
      throw Failure(
        "key", error.message,
        hint: error.kind == .unreadable
          ? "Check that you may read and write there; RENTBOOK_HOME and RENTBOOK_KEY_FILE name other "
            + "places."
          : "Without the key sealed values cannot be read.")
    }
  }

  /// Writes what is still to be written and closes the store in good order.
  func close() {
    network.close()
    store.close()
  }

  /// Runs `body` on the store, with its errors in words for a person.
  func onStore<Value>(
    _ body: (Store) throws(StorageError) -> Value
  ) throws(Failure) -> Value {
    do throws(StorageError) { return try body(store) } catch { throw Failure(error) }
  }

  // MARK: Services

  func buildium() throws(Failure) -> BuildiumProvider {
    guard let credentials = try credentials(of: .buildium) else {
      throw Failure(
        "not_connected", "Buildium is not connected.",
        hint: "`rentbook connect buildium`, or set RENTBOOK_BUILDIUM_CLIENT_ID and "
          + "RENTBOOK_BUILDIUM_CLIENT_SECRET.", exit: .credentials)
    }
    return BuildiumProvider(
      api: BuildiumAPI(
        baseURL: configuration.buildium.url,
        credentials: .apiKey(
          clientID: credentials["client_id"]?.string ?? "",
          secret: credentials["client_secret"]?.string ?? ""), http: network.buildium, clock: clock),
      clock: clock)
  }

  private static let airtableHint =
    "`rentbook connect airtable`, or set RENTBOOK_AIRTABLE_TOKEN and RENTBOOK_AIRTABLE_BASE."

  private func airtableAPI() throws(Failure) -> AirtableAPI {
    guard let credentials = try credentials(of: .airtable) else {
      throw Failure(
        "not_connected", "Airtable is not connected.",
        hint: Self.airtableHint, exit: .credentials)
    }
    return AirtableAPI(
      base: credentials["base"]?.string ?? "", token: credentials["token"]?.string ?? "",
      address: configuration.airtable.url, http: network.airtable)
  }

  /// The base. As long as the credentials stay it is the same provider, which reads the base's schema
  /// when the feed of changes says that it changed, and not with every look: a look costs one call.
  func airtable() throws(Failure) -> AirtableProvider {
    let store = store
    let credentials = try credentials(of: .airtable)
    if let known = airtableProvider.withLock({ $0 }), known.credentials == credentials {
      return known.provider
    }
    let provider = AirtableProvider(
      api: try airtableAPI(), names: AirtableNames(json: configuration.airtableNames),
      memory: airtableMemory, clock: clock
    ) { resource, id in
      // A row that cannot be looked up is one that is not known.
      try? store.readSync { state throws(StorageError) in
        try state.sinkKey(.airtable, resource, remoteID: id)
      }
    }
    airtableProvider.withLock { $0 = (credentials, provider) }
    return provider
  }

  /// The ids of tables and fields, kept among the store's settings.
  private var airtableMemory: AirtableMemory {
    let store = store
    let name = "airtable.ids"
    @Sendable func failure(_ error: StorageError) -> ProviderError {
      ProviderError(.airtable, .notSetUp, "The store failed: \(error.message)")
    }
    return AirtableMemory(
      load: { () throws(ProviderError) in
        do throws(StorageError) { return try store.setting(name) } catch { throw failure(error) }
      },
      save: { text throws(ProviderError) in
        do throws(StorageError) { try store.set(name, to: text) } catch { throw failure(error) }
      })
  }

  /// The credentials of a service: from the environment, else from the store; nil when there are none.
  func credentials(of service: Service) throws(Failure) -> JSONValue? {
    switch service {
    case .buildium:
      if let id = configuration.buildiumClientID, let secret = configuration.buildiumClientSecret {
        return ["client_id": .string(id), "client_secret": .string(secret)]
      }
    case .airtable:
      if let token = configuration.airtableToken, let base = configuration.airtableBase {
        return ["token": .string(token), "base": .string(base)]
      }
    case .propertyme, .rentbook: return nil
    }
    let text = try onStore { store throws(StorageError) in try store.credentials(service) }
    // What was sealed here is JSON of this program's own making.
    return text.flatMap { try? JSONValue(parsing: $0) }
  }

  func isConnected(_ service: Service) throws(Failure) -> Bool {
    try credentials(of: service) != nil
  }

  /// An engine between Buildium and Airtable.
  ///
  /// - Parameter direction: to pull alone, Buildium is enough.
  /// - Throws: a failure that names every service that is missing, and how it is connected.
  func engine(
    for direction: SyncOptions.Direction = .both, observer: @escaping @Sendable (SyncEvent) -> Void
  ) throws(Failure) -> SyncEngine {
    let hasAirtable = try isConnected(.airtable)
    if try !isConnected(.buildium), !hasAirtable, direction != .pull {
      throw Failure(
        "not_connected", "Neither Buildium nor Airtable is connected.",
        hint: "`rentbook connect buildium` and `rentbook connect airtable` ask for what is needed; "
          + "`rentbook demo` needs neither.", exit: .credentials)
    }
    let source = try buildium()
    if direction == .pull, !hasAirtable {
      return SyncEngine(
        store: store, source: source, sink: AbsentSink(), clock: clock, observer: observer)
    }
    guard hasAirtable else {
      throw Failure(
        "not_connected", "Airtable is not connected.",
        hint: "\(Self.airtableHint) `rentbook sync --direction pull` reads Buildium alone.",
        exit: .credentials)
    }
    return SyncEngine(
      store: store, source: source, sink: try airtable(), clock: clock, observer: observer)
  }

  // MARK: Status and what was given up

  func status() throws(Failure) -> SyncStatus {
    network.flush()
    var limits: [Service: (perSecond: Int, perMonth: Int?)] = [:]
    if try isConnected(.buildium) {
      limits[.buildium] = (configuration.buildium.requestsPerSecond, nil)
    }
    if try isConnected(.airtable) {
      limits[.airtable] = (
        configuration.airtable.requestsPerSecond, configuration.airtableMonthlyCalls
      )
    }
    let connected = limits
    return try onStore { store throws(StorageError) in try store.syncStatus(limits: connected) }
  }

  func retry(_ ids: [String]) throws(Failure) -> Int {
    for id in ids {
      let isThere = try onStore { store throws(StorageError) in
        try store.writeSync { records throws(StorageError) in try records.sync.retry(id) }
      }
      guard isThere else { throw Self.unknown(id) }
    }
    return ids.count
  }

  func retryAll() throws(Failure) -> Int {
    try onStore { store throws(StorageError) in
      try store.writeSync { records throws(StorageError) in try records.sync.retryAll() }
    }
  }

  func discard(_ id: String) throws(Failure) {
    let isThere = try onStore { store throws(StorageError) in
      try store.writeSync { records throws(StorageError) in try records.sync.discard(id) }
    }
    guard isThere else { throw Self.unknown(id) }
  }

  private static func unknown(_ id: String) -> Failure {
    .usage("Nothing was given up under “\(id)”.", hint: "`rentbook jobs list` shows the ids.")
  }
}

/// The vault's box in the store's terms.
struct SealedText: RecordSealing {
  private let box: SecretBox
  init(_ box: SecretBox) { self.box = box }

  func seal(_ text: String, purpose: String) -> [UInt8] { box.seal(text, purpose: purpose) }
  func open(_ sealed: [UInt8], purpose: String) -> String? {
    // Sealed with another key, or damaged: the store says which value that is.
    try? box.openText(sealed, purpose: purpose)
  }
}
