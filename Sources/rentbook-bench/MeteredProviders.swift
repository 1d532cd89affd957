// Providers whose processor time is counted, by what they do for the engine.
import Background
import Domain
import Sync

/// A source whose reading is measured: asking, decoding, mapping.
struct MeteredSource: SourceProvider {
  let provider: any SourceProvider
  let meter: CPUMeter

  var service: Service { provider.service }

  func capabilities(of resource: Resource) -> Capabilities {
    provider.capabilities(of: resource)
  }

  func verify(_ cancellation: Cancellation) throws(ProviderError) -> String {
    try provider.verify(cancellation)
  }

  func page(
    _ request: PullRequest, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> Page {
    try meter.measure { () throws(ProviderError) in
      try provider.page(request, context: context, cancellation: cancellation)
    }
  }

  func record(
    _ resource: Resource, id: String, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> RemoteRecord? {
    try meter.measure { () throws(ProviderError) in
      try provider.record(resource, id: id, context: context, cancellation: cancellation)
    }
  }
}

/// A sink whose writing is measured: encoding, sending, reading the answer.
struct MeteredSink: SinkProvider {
  let provider: any SinkProvider
  let meter: CPUMeter

  var service: Service { provider.service }
  var batchMax: Int { provider.batchMax }

  func capabilities(of resource: Resource) -> Capabilities {
    provider.capabilities(of: resource)
  }

  func verify(_ cancellation: Cancellation) throws(ProviderError) -> String {
    try provider.verify(cancellation)
  }

  func prepare(_ cancellation: Cancellation) { provider.prepare(cancellation) }

  func writableFields(of resource: Resource) -> [FieldDefinition] {
    provider.writableFields(of: resource)
  }

  func write(
    _ resource: Resource, _ writes: [Write], cancellation: Cancellation
  ) throws(ProviderError) -> [WriteOutcome] {
    try meter.measure { () throws(ProviderError) in
      try provider.write(resource, writes, cancellation: cancellation)
    }
  }

  func find(
    _ resource: Resource, keys: [RemoteKey], cancellation: Cancellation
  ) throws(ProviderError) -> [FoundRow] {
    try meter.measure { () throws(ProviderError) in
      try provider.find(resource, keys: keys, cancellation: cancellation)
    }
  }

  func rows(
    _ resource: Resource, cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> (rows: [FoundRow], next: String?) {
    try meter.measure { () throws(ProviderError) in
      try provider.rows(resource, cursor: cursor, cancellation: cancellation)
    }
  }
}
