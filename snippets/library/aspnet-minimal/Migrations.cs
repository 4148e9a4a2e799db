// Bring the database as far as this code needs it, once a release,
// before it serves: dotnet App.dll migrate
// Not at the start of the server: two copies would race for it, and
// one that cannot migrate could not serve either.

using System.Diagnostics;
using Npgsql;

namespace App;

public static class Migrations
{
    // A change of a table waits for whoever uses it, and
    // everybody else then waits for the change. So it
    // waits this long, lets them pass, and tries again.
    private const string LockTimeout = "500ms";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), GiveUp = TimeSpan.FromSeconds(20);

    // One at a time. The lock ends with the transaction,
    // so it holds behind a pooler too.
    private const string Prepare = $"""
        SET LOCAL lock_timeout = '{LockTimeout}';
        SELECT pg_advisory_xact_lock(hashtext('migrations'));
        CREATE TABLE IF NOT EXISTS migrations (
            name text PRIMARY KEY,
            at timestamptz NOT NULL DEFAULT now()
        )
        """;

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "migrations");

    /// <summary>
    /// The migrations of this code in their order: migrations/*.sql
    /// beside App.dll.
    /// </summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Files().Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    /// <summary>
    /// Throw FileNotFoundException where there is none: nothing would
    /// be missing, and a database without a table would do.
    /// </summary>
    public static void MustBeThere()
    {
        if (Names.Count == 0)
        {
            throw new FileNotFoundException($"there is no migration in {Folder}: does App.csproj publish them?");
        }
    }

    /// <summary>
    /// Exit status: 0 where the database is as far as this code.
    /// </summary>
    public static async Task<int> Run(string database)
    {
        try
        {
            // No visitor waits for this: on a busy machine it
            // should rather be late than fail the release.
            var patient = new NpgsqlConnectionStringBuilder(database) { Timeout = 15 };
            await using NpgsqlDataSource source = NpgsqlDataSource.Create(patient);
            int ran = 0;
            foreach (string name in Names)
            {
                ran += await Patiently(source, name) ? 1 : 0;
            }
            Logs.Say(LogLevel.Information, $"{ran} migrations ran, the database is as far as this code");
            return 0;
        }
        catch (NpgsqlException error)
        {
            Logs.Say(LogLevel.Critical, $"not migrated: {error.Message}");
            return 1;
        }
    }

    private static string[] Files() => Directory.Exists(Folder) ? Directory.GetFiles(Folder, "*.sql") : [];

    private static async Task<bool> Patiently(NpgsqlDataSource source, string name)
    {
        var began = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await Once(source, name);
            }
            catch (PostgresException error)
                when (error.SqlState == PostgresErrorCodes.LockNotAvailable && began.Elapsed < GiveUp)
            {
                Logs.Say(LogLevel.Information, $"{name} waits for a lock: somebody uses the table");
                await Task.Delay(Pause);
            }
        }
    }

    /// <summary>
    /// One attempt, whole or not at all; false where another release
    /// did it before.
    /// </summary>
    private static async Task<bool> Once(NpgsqlDataSource source, string name)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await Execute(Prepare);
        await using (NpgsqlCommand done = new("SELECT 1 FROM migrations WHERE name = $1", connection))
        {
            done.Parameters.Add(new() { Value = name });
            if (await done.ExecuteScalarAsync() is not null)
            {
                return false;
            }
        }
        await Execute(await File.ReadAllTextAsync(Path.Combine(Folder, $"{name}.sql")));
        await using (NpgsqlCommand write = new("INSERT INTO migrations (name) VALUES ($1)", connection))
        {
            write.Parameters.Add(new() { Value = name });
            await write.ExecuteNonQueryAsync();
        }
        await transaction.CommitAsync();
        Logs.Say(LogLevel.Information, $"migrated: {name}");
        return true;

        async Task Execute(string text)
        {
            await using NpgsqlCommand command = new(text, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync();
        }
    }
}
