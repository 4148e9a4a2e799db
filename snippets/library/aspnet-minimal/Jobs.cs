// A queue in PostgreSQL: work that a request asks for and nobody
// waits for.
// A job and what it does to the database are one transaction, so it
// is done once, whoever is killed meanwhile. What a job does elsewhere
// (a mail, a payment) can happen twice: give it a key by which the
// other side can tell.

using System.Data;
using Npgsql;

namespace App;

public static class Jobs
{
    public const string CountWords = "count-words";

    // A job is asked for by what it is about, so asking
    // twice is harmless.
    private const string Ask = "INSERT INTO jobs (kind, subject) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    // Every copy of the worker asks each minute, of either version
    // while a release is under way; it is there once.
    private const string AskByTheClock = """
        INSERT INTO jobs (kind, subject)
        VALUES ('tally', date_trunc('minute', now())::text) ON CONFLICT DO NOTHING
        """;

    // SKIP LOCKED: a second worker takes the next
    // one instead of waiting for this one.
    private const string Take = """
        SELECT id, kind, subject FROM jobs WHERE done IS NULL AND due <= now()
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
        """;

    private const string Done = "UPDATE jobs SET done = now() WHERE id = $1";

    // Later, and later each time: what cannot be done
    // must not keep the worker from what can.
    private const string Failed = """
        UPDATE jobs SET failures = failures + 1, due = now() + interval '10 s' * (failures + 1)
        WHERE id = $1
        """;

    private const string Waiting =
        "SELECT count(*) FROM jobs WHERE done IS NULL AND due < now() - interval '1 min'";

    private static readonly Dictionary<string, Func<NpgsqlConnection, string, Task>> Kinds = new()
    {
        [CountWords] = Count,
        ["tally"] = Tally,
    };

    /// <summary>
    /// Ask for a job, within the caller's transaction.
    /// </summary>
    public static Task Add(NpgsqlConnection connection, string kind, string subject) =>
        Run(connection, Ask, kind, subject);

    /// <summary>Ask for what is due by the clock.</summary>
    public static async Task Schedule(NpgsqlDataSource source)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await Run(connection, AskByTheClock);
    }

    /// <summary>How many have been due for a minute.</summary>
    public static async Task<long> Late(NpgsqlDataSource source)
    {
        await using NpgsqlCommand command = source.CreateCommand(Waiting);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Do one job; false where there is none to do.</summary>
    public static async Task<bool> Work(NpgsqlDataSource source, ILogger log)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        if (await Next(connection) is not var (id, kind, subject))
        {
            return false;
        }
        try
        {
            await Kinds[kind](connection, subject);
            await Run(connection, Done, id);
            await transaction.CommitAsync();
            log.LogInformation("job {id}, {kind}, done", id, kind);
        }
        // Where the connection is lost, that is no fault of the
        // job's: the worker waits for the database.
        catch (Exception error) when (connection.State == ConnectionState.Open)
        {
            await transaction.RollbackAsync();
            log.LogError(error, "job {id}, {kind}, failed", id, kind);
            await Run(connection, Failed, id);
        }
        return true;
    }

    /// <summary>
    /// Done twice it would count twice: here to show that it is not.
    /// </summary>
    private static async Task Count(NpgsqlConnection connection, string note)
    {
        long id = long.Parse(note);
        await using NpgsqlCommand find = new("SELECT text FROM notes WHERE id = $1", connection);
        find.Parameters.Add(new() { Value = id });
        string text = (string)(await find.ExecuteScalarAsync())!;
        int words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        await Run(connection, "UPDATE notes SET words = coalesce(words, 0) + $2 WHERE id = $1", id, words);
    }

    /// <summary>How many notes there are, each minute.</summary>
    private static Task Tally(NpgsqlConnection connection, string minute) =>
        Run(connection, "INSERT INTO tallies SELECT $1::timestamptz, count(*) FROM notes", minute);

    private static async Task<(long Id, string Kind, string Subject)?> Next(NpgsqlConnection connection)
    {
        await using NpgsqlCommand command = new(Take, connection);
        await using NpgsqlDataReader rows = await command.ExecuteReaderAsync();
        return await rows.ReadAsync() ? (rows.GetInt64(0), rows.GetString(1), rows.GetString(2)) : null;
    }

    private static async Task Run(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using NpgsqlCommand command = new(sql, connection);
        foreach (object value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }
        await command.ExecuteNonQueryAsync();
    }
}
