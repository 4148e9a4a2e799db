import { useEffect, useState } from "react";
import logo from "./logo.svg";

async function countVisit(signal) {
  const response = await fetch("/api/visits", { method: "POST", signal });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer.visits;
}

export function App() {
  const [state, setState] = useState({ status: "counting" });
  const [times, setTimes] = useState(1);

  useEffect(() => {
    const request = new AbortController();
    countVisit(request.signal)
      .then((visits) => setState({ status: "counted", visits }))
      .catch((error) => {
        if (!request.signal.aborted) setState({ status: "failed", why: error.message });
      });
    return () => request.abort();
  }, [times]);

  return (
    <section className="card">
      <img src={logo} alt="" width="64" height="64" />
      <h1>It runs.</h1>
      <p className="visits" aria-live="polite">
        <Visits {...state} />
      </p>
      <button type="button" onClick={() => setTimes(times + 1)}>
        Count me again
      </button>
    </section>
  );
}

function Visits({ status, visits, why }) {
  if (status === "counting") return "Counting…";
  if (status === "failed") return `Not counted: ${why}.`;
  if (visits === null) return "There is no database to count in.";
  return (
    <>
      <strong>{visits.toLocaleString()}</strong> {visits === 1 ? "visit" : "visits"}
    </>
  );
}
