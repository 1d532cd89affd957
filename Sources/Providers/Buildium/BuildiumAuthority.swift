// What proves to Buildium who is asking.
import Background
import Domain
import HTTP
import Sync

/// Makes the headers of a request; keeps the token where one is used.
///
/// Of several threads that find the token old, one fetches the next and the others wait for it.
final class BuildiumAuthority: Sendable {
  /// A token is renewed so long before its end, for requests under way and clocks that differ.
  private static let marginMilliseconds: Int64 = 60_000
  /// What RFC 6749 leaves to the server to say; an hour is the common default.
  private static let lifetimeSecondsDefault = 3600
  /// How often a thread whose turn fails lets another try before it gives up.
  private static let turnsMax = 3
  private static let waitNanoseconds: UInt64 = 60_000_000_000

  private struct State {
    var token: String?
    var expiresAt: Int64 = 0
    var isFetching = false
    var waiting: [Cancellation] = []
  }

  private let credentials: BuildiumCredentials
  private let http: any HTTPSending
  private let clock: any Clock
  private let state = Lock(State())

  init(_ credentials: BuildiumCredentials, http: any HTTPSending, clock: any Clock) {
    (self.credentials, self.http, self.clock) = (credentials, http, clock)
  }

  /// The headers for a request made now.
  func headers(_ cancellation: Cancellation) throws(ProviderError) -> [(
    name: String, value: String
  )] {
    switch credentials {
    case .apiKey(let id, let secret):
      [("x-buildium-client-id", id), ("x-buildium-client-secret", secret)]
    case .clientCredentials(let id, let secret, let url):
      [("Authorization", "Bearer " + (try token(id, secret, url, cancellation)))]
    }
  }

  /// Drops the token after a 401; false where there is nothing that could be renewed.
  func renew() -> Bool {
    guard case .clientCredentials = credentials else { return false }
    return state.withLock { state in
      let had = state.token != nil
      state.token = nil
      return had
    }
  }

  private enum Turn {
    case have(String)
    case fetch
    case wait(Cancellation)
  }

  private func token(
    _ id: String, _ secret: String, _ url: String, _ cancellation: Cancellation
  ) throws(ProviderError) -> String {
    for _ in 0..<Self.turnsMax {
      let now = clock.wallMilliseconds
      let turn: Turn = state.withLock { state in
        if let token = state.token, now < state.expiresAt - Self.marginMilliseconds {
          return .have(token)
        }
        if state.isFetching {
          let wake = Cancellation()
          state.waiting.append(wake)
          return .wait(wake)
        }
        state.isFetching = true
        return .fetch
      }
      switch turn {
      case .have(let token): return token
      case .fetch: return try fetch(id, secret, url, cancellation)
      case .wait(let wake):
        let interest = cancellation.onCancel { wake.cancel() }
        wake.wait(nanoseconds: Self.waitNanoseconds)
        cancellation.removeHandler(interest)
        if cancellation.isCancelled {
          throw ProviderError(.buildium, .cancelled, "Waiting for Buildium's token was stopped.")
        }
      }
    }
    throw ProviderError(
      .buildium, .unreachable, "No token for Buildium could be fetched.",
      hint: "Try again; if it persists, check the token address.")
  }

  private func fetch(
    _ id: String, _ secret: String, _ url: String, _ cancellation: Cancellation
  ) throws(ProviderError) -> String {
    var fetched: (token: String, seconds: Int)?
    defer {
      let now = clock.wallMilliseconds
      let waiting = state.withLock { state in
        state.isFetching = false
        if let fetched {
          state.token = fetched.token
          state.expiresAt = now + Int64(fetched.seconds) * 1000
        }
        defer { state.waiting = [] }
        return state.waiting
      }
      for wake in waiting { wake.cancel() }
    }
    let body = BuildiumAPI.queryText([
      ("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret),
    ])
    let what = "the request for a token"
    let response: HTTPResponse
    do {
      response = try http.send(
        HTTPRequest(
          "POST", url,
          headers: [
            ("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"),
          ], body: Array(body.utf8), repeatability: .repeatable), cancellation: cancellation)
    } catch {
      throw BuildiumFailure.error(error, what: what, isRepeatable: true)
    }
    if response.status == 400 || response.status == 401 || response.status == 403 {
      throw ProviderError(
        .buildium, .notAuthorised, "The token server refused the client id and secret.",
        hint: "Check both, and that they belong to this environment.", status: response.status)
    }
    guard response.status == 200 else {
      throw BuildiumFailure.error(response, what: what, path: "", isRepeatable: true)
    }
    let json = try BuildiumFailure.document(response, what: what)
    guard let token = json["access_token"]?.string, !token.isEmpty else {
      throw .unexpected("The token server's answer holds no access_token.")
    }
    let seconds = max(0, json["expires_in"]?.int ?? Self.lifetimeSecondsDefault)
    fetched = (token, seconds)
    return token
  }
}
