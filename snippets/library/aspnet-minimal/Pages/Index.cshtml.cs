using Microsoft.AspNetCore.Mvc.RazorPages;

namespace App.Pages;

/// <summary>
/// The page, with the visits of all and of this browser. 503 while the
/// database is away.
/// </summary>
public sealed class IndexModel(Database database, Sessions sessions, ILogger<IndexModel> log) : PageModel
{
    public bool HasDatabase => database.Exists;

    public long? Total { get; private set; }

    public int Yours { get; private set; }

    public async Task OnGetAsync()
    {
        try
        {
            if (database.Exists)
            {
                Total = await database.Visit();
            }
            Session session = sessions.Read(HttpContext);
            Yours = session.Visits + 1;
            sessions.Write(HttpContext, session with { Visits = Yours });
        }
        catch (Exception error) when (Database.IsAway(error))
        {
            log.LogWarning("the database is not ready: {reason}", error.GetBaseException().Message);
            Total = null;
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
    }
}
